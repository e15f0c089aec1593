// Tunes in letters, chosen by a slider and played by the browser: it is silent until somebody presses the button.

(() => {
  const figure = document.currentScript.closest(".rk-heard");
  const [slider, button, said] = ["input", "button", "output"].map((name) => figure.querySelector(name));
  const tunes = [...figure.querySelectorAll(".rk-tune")];
  const EIGHTH = 0.17; // seconds
  const SEMITONES = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
  const SHARPS = { G: "F", D: "FC", A: "FCG" };
  let playing = null;

  /** The notes of a tune: { span, hertz, from, to }, in seconds; a tune of no metre or key is read as it stands. */
  function notes(tune) {
    const sharp = SHARPS[/^K:([CGDA])/m.exec(tune.textContent)?.[1]] ?? "";
    let at = 0;
    return [...tune.querySelectorAll("b")].map((span) => {
      const [letter, long] = [span.textContent[0], Number(span.textContent[1] ?? 1)];
      const upper = letter.toUpperCase();
      const key = 60 + SEMITONES[upper] + Number(sharp.includes(upper)) + 12 * Number(letter !== upper);
      const from = at;
      at += EIGHTH * long;
      return { span, hertz: 440 * 2 ** ((key - 69) / 12), from, to: at };
    });
  }

  function stop() {
    if (!playing) return;
    cancelAnimationFrame(playing.frame);
    playing.sound.close();
    playing.all.forEach(({ span }) => span.classList.remove("rk-sounds"));
    playing = null;
    button.textContent = "Play";
  }

  function play() {
    const all = notes(tunes[slider.value]);
    if (!all.length) return;
    const sound = new AudioContext();
    const start = sound.currentTime + 0.1;
    for (const { hertz, from, to } of all) {
      const [tone, loud] = [sound.createOscillator(), sound.createGain()];
      tone.type = "triangle";
      tone.frequency.value = hertz;
      loud.gain.setValueAtTime(0, start + from);
      loud.gain.linearRampToValueAtTime(0.25, start + from + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.01, start + to);
      tone.connect(loud).connect(sound.destination);
      tone.start(start + from);
      tone.stop(start + to);
    }
    const follow = () => {
      const now = sound.currentTime - start;
      all.forEach(({ span, from, to }) => span.classList.toggle("rk-sounds", from <= now && now < to));
      if (now >= all.at(-1).to) stop();
      else playing.frame = requestAnimationFrame(follow);
    };
    playing = { sound, all, frame: requestAnimationFrame(follow) };
    button.textContent = "Stop";
  }

  function choose() {
    stop();
    tunes.forEach((tune, k) => { tune.hidden = k !== Number(slider.value); });
    const { name } = tunes[slider.value].dataset;
    said.textContent = name;
    slider.setAttribute("aria-valuetext", name);
  }

  figure.classList.add("rk-live");
  slider.addEventListener("input", choose);
  button.addEventListener("click", () => (playing ? stop() : play()));
  addEventListener("pagehide", stop);
  addEventListener("pageshow", choose); // after Back, a browser may have moved the slider
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); });
  choose();
})();
