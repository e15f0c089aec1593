"""What ``python -m rnnkit.deploy serve --help`` says: limits, addresses, fields, codes."""

LIMITS = {
    "body": "bytes of a body or a message; more get 413, in a stream close 1009",
    "steps": "steps of a message, a batch with its padding; more get 422",
    "waiting": "requests at once, the one that computes and those that wait; one more gets 503 and Retry-After",
    "streams": "streams that are open; one more gets 503 and close 1013",
    "sessions": "sessions kept in memory; the one used longest ago is evicted, and gets 410",
    "read": "seconds for headers (else the connection ends), for a body (else 408), for an answer to be taken",
    "idle": "seconds of silence in a stream; then 408 and close 1001",
    "kept": "seconds that a session is kept after its last message; then 410",
    "grace": "seconds from SIGTERM to the end; streams are told 503 and close 1012",
}

MANUAL = """\
addresses (JSON in, JSON out; [..] may be left out)
  GET /                     what is served: model, reads, card, streams, states,
                            limits
  POST /predict             x or text, [last]                -> y
                            xs or texts, [last]              -> ys: a batch
                            x or text, state, [step, last]   -> step, y, state:
                            the client keeps the state; "state": null begins
  POST /sessions            nothing                 -> 201 session, step: 0
  POST /sessions/NAME       step, x or text, [last]          -> step, y
  GET /sessions/NAME        -> session, step (its newest), from (all steps that
                            it can go on from)
  DELETE /sessions/NAME     -> 204
  ws /stream                [step], x or text, [last]        -> step, y
                            the state is the connection's, and ends with it
  ws /stream?session=NAME   the same; the state is the session's
  GET /healthz              200 while it runs
  GET /readyz               200, or 503 while it stops or Redis is away
  GET /metrics              for Prometheus

fields
  x         one sequence: [3, 1, 4], numbers of symbols, or [[0.1, 2.0], ..], a
            row of features a step, as they were measured
  text      one sequence: "abc", or a list of the vocabulary's items
  xs, texts  several of them, of any lengths
  last      true: the last row of outputs alone
  step      how many steps the client has answers to: it goes on from there. A
            stream that does not say it goes on from its own last answer
  y, ys     outputs, a row a step, or one row if the model has one answer
  state     a packed state, as the last answer had it
  session   the name of a session. It is a key: whoever has it has the state

streams
  The server speaks first: {"step": 22, "from": [19, 20, 21, 22]}, its newest step
  and those that it can go on from. Then each message has one answer. A binary one
  is little-endian int32, a symbol each, or rows of the model's floats; its answer
  is the step in 8 bytes, little-endian, and the outputs in the model's floats.
  A refusal is {"error", "status", "step"}, and the stream goes on; a session's
  stream ends with 409 and 410.

twice is once
  A session keeps the states after its last --keep messages. A client keeps what
  it has sent and has no answer to. After a break it connects, looks whether its
  own step is among those of "from", and sends again what follows it, in the same
  messages or all of them in one. That is answered as before. Other steps from
  there get 409, with "step" and "from" as in the greeting: another client writes
  to the session, or this one has lost what it sent. What a session has read is
  never replaced: a client that counts its own answers is answered from its own
  steps alone. One that takes over the number of a greeting goes on from whatever
  was read before. The same steps from the same number count once, also if two
  clients send them.

codes
  408  a body or a message did not come in time
  409  client and server stand at different steps; a session's stream: close 4409
  410  the session is gone: evicted, expired, never opened, of other weights; a
       stream: close 4410. Begin anew, from the first step
  413  too many bytes; a stream: close 1009
  422  malformed, no input of this model, or a packed state that was changed or is
       of other weights; the error says what came and what was expected
  501  the model cannot stream: it reads what comes later
  503  full, stopping, or Redis is away: come again, after Retry-After seconds
  1001 a stream was idle; 1012 the server stops; 1013 no more streams, or Redis is
       away

packed states
  They are sealed: one that was cut or changed gets 422, and one whose step is not
  the message's gets 409. Without --secret anybody can make a seal: the state is
  unsigned. With it nobody else can. No seal names a user: whoever sends another
  user's state, or an older one of their own, is answered from it. Keep them apart
  before they come here.

There is no TLS and there are no users: what listens to others stands behind a
proxy that has both.
"""
