# `just` lists these; each line is what .ci/run does.

# Everything a change needs before it is proposed
default: lint test

# Unit and integration tests: Rust, git and sh are enough
test *filter:
    cargo test {{filter}}

# Format, lints, documentation
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet

# Write golden files, schemas and the terminals of the book anew; read the diff
golden:
    UPDATE_GOLDEN=1 cargo test
    git diff --stat

# The whole check: installs a browser, mail servers, a registry
ci:
    .ci/run

# The benchmarks: each prints a ratio against a peer or a floor
bench *name:
    cargo bench {{ if name == "" { "" } else { "--bench " + name } }}
