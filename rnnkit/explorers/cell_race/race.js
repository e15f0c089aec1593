// A race: three nets with as many weights see the same batches, each takes one update of Adam for each, and who comes home rests.

import { random } from "../compute/random.js";
import { CELLS, backward, forward, initial, netOf, roomOf } from "./nets.js";
import { TASKS, draw, twins } from "./tasks.js";

export const END = 2000; // updates
export const REST = 60; // updates that a net goes on for, once it is home
const BATCH = 16;
const FEW = 4; // sequences that are enough for the rivers before the race, which follow every edit
const HOME = 0.1; // of the loss of whoever guesses
const LEAST = 1e-9; // of a share: what is less is drawn and printed as this
const [SMOOTH, SMOOTHER] = [0.08, 0.05];
const [BETA1, BETA2, EPS] = [0.9, 0.999, 1e-8];

const decades = (share) => Math.log10(Math.max(LEAST, share));

/** One update by Adam, with the whole gradient clipped to the norm `clip`; 0 does not clip. */
export function adam(p, gradient, memory, rate, clip) {
  const { first, second } = memory;
  let square = 0;
  for (let i = 0; i < p.length; i++) square += gradient[i] * gradient[i];
  const norm = Math.sqrt(square);
  const factor = clip && norm > clip ? clip / norm : 1;
  const free1 = 1 - (memory.left1 *= BETA1);
  const free2 = 1 - (memory.left2 *= BETA2);
  for (let i = 0; i < p.length; i++) {
    const d = gradient[i] * factor;
    first[i] = 0.9 * first[i] + 0.1 * d;
    second[i] = 0.999 * second[i] + 0.001 * d * d;
    p[i] -= rate * (first[i] / free1) / (Math.sqrt(second[i] / free2) + EPS);
  }
}

/**
 * The nets of these settings before they learn, each { net, p, flow, … }: flow[t − 1] is how many decades of the gradient
 * at the answer there are at step t.
 */
export function beginners({ task, word, seed, bias, z }) {
  const T = word.length;
  const [x, y] = [new Float64Array(T * TASKS[task].D * FEW), new Float64Array(FEW)];
  draw(task, T, FEW, random(3), x, y);
  return CELLS.map((cell, i) => {
    const net = netOf(cell, task);
    const [p, room] = [initial(net, random(seed * 104729 + i + 1), bias), roomOf(net, T, FEW)];
    forward(net, p, room, x, y, z === "renews");
    backward(net, p, room, x, z === "renews");
    return { net, p, flow: flowOf(room), right: room.right, mean: TASKS[task].chance, solved: 0 };
  });
}

const flowOf = ({ norms, T }) => Array.from(norms, (norm) => decades(norm / norms[T - 1]));

/**
 * A race by the settings: { n, rows, nets, done, step }. Of each net: `mean`, its loss, smoothed; `solved`, the update at
 * which it came home, or 0; `right`, its share of right answers; `flow`. A row is [update, the three means].
 */
export function raceOf(settings) {
  const { task, word, seed, rate, clip, z } = settings;
  const T = word.length;
  const [x, y] = [new Float64Array(T * TASKS[task].D * BATCH), new Float64Array(BATCH)];
  const next = random(seed * 7919 + 17);
  const nets = beginners(settings).map((one) => ({ ...one, room: roomOf(one.net, T, BATCH),
    memory: { first: new Float64Array(one.net.size), second: new Float64Array(one.net.size), left1: 1, left2: 1 } }));
  const race = { n: 0, rows: [], nets, done: false };
  const runs = ({ solved }) => !solved || race.n <= solved + REST;
  const update = (one) => {
    const loss = forward(one.net, one.p, one.room, x, y, z === "renews");
    backward(one.net, one.p, one.room, x, z === "renews");
    adam(one.p, one.room.gradient, one.memory, rate, clip);
    one.mean += (loss - one.mean) * SMOOTHER;
    one.right += (one.room.right - one.right) * SMOOTHER;
    if (!one.solved && one.mean < HOME * TASKS[task].chance) one.solved = race.n;
    flowOf(one.room).forEach((now, t) => { one.flow[t] += (now - one.flow[t]) * SMOOTH; });
  };
  race.step = () => {
    race.n += 1;
    draw(task, T, BATCH, next, x, y);
    nets.filter(runs).forEach(update);
    if (race.n % 4 === 0 || race.n === 1) race.rows.push([race.n, ...nets.map((one) => one.mean)]);
    race.done = race.n >= END || nets.every(({ solved }) => solved && race.n > solved + REST);
  };
  return race;
}

/** What is kept of a race that is over, or stopped: not the room that it trained in. */
export const kept = ({ n, rows, nets, done }) => ({ n, rows, done,
  nets: nets.map(({ net, p, flow, right, mean, solved }) => ({ net, p, flow, right, mean, solved })) });

/**
 * What a change of the first letter does to a net's memory (h, of an LSTM c): `flow`, how many decades of the change at
 * step 1 there are at each step; `says`, the two answers; `right`, whether both are.
 */
export function flipped({ net, p }, settings) {
  const { x, right } = twins(settings);
  const [T, y] = [settings.word.length, new Float64Array(4)];
  const room = roomOf(net, T, 4);
  forward(net, p, room, x, y, settings.z === "renews");
  const memory = net.cell === "LSTM" ? room.c : room.h;
  const sizes = Array.from({ length: T }, (_, t) => {
    let square = 0;
    for (let j = 0; j < net.H; j++) square += (memory[((t + 1) * net.H + j) * 4 + 1] - memory[((t + 1) * net.H + j) * 4]) ** 2;
    return Math.sqrt(square);
  });
  const answer = (b) => {
    if (net.task === "adding") return room.out[b];
    return [0, 1, 2, 3].reduce((top, k) => (room.out[k * 4 + b] > room.out[top * 4 + b] ? k : top), 0);
  };
  const says = [answer(0), answer(1)];
  const near = (said, k) => (net.task === "adding" ? Math.abs(said - right[k]) < 0.1 : said === right[k]);
  return { flow: sizes.map((size) => decades(size / sizes[0])), says, right: says.every(near) };
}
