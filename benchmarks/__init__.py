"""What Golden Thread can do, beside what the same machine can do at most, and beside peers.

`make bench` starts a private MongoDB and a private RabbitMQ, takes every measurement, prints one
table and keeps the figures in build/bench/, so that `make bench-compare` can compare two runs.

    make bench ARGS="--only relay --only ingest"    chosen measurements
    make bench ARGS=--quick                         small sizes: does it run? no figure to keep
    make bench ARGS="--repeat 9"                    more repetitions
    make bench ARGS="--only year --share 0.05"      more of the national year
    make bench-compare                              the last two runs, or ARGS="OLD.json NEW.json"

A figure by itself says little: it is the machine's as much as ours. So each stands beside others
taken in the same run, one repetition of each in turn, after a repetition that does not count; what
is judged is the ratio of two, repetition by repetition: its median, its lowest and its highest.

- **The product does its real work**: the code of `shared` and `services` over the real driver, on
  quorum queues and on a replica set of one member (what the server mode demands at the least),
  with the write concern of `shared/database.py`.
- **Whoever it is measured against promises as much**: journaled majority writes, persistent
  messages on a quorum queue, confirms, `mandatory`, acknowledgements after the write.
- **Nothing is measured that did not happen**: each repetition counts what is there afterwards, and
  fails when it is not all of it.
- A contender that cannot be measured stands in the table with its reason. The exit code says
  whether everything could be measured, never how fast it was: a benchmark is not a test.

Each measurement is a module with a NAME and `prepare(bench)`, a context that yields a
`Measurement`: its contenders and its targets. Peers have environments of their own
(`benchmarks/peers`), made by `make bench` from locked files, and are no part of the product.
"""
