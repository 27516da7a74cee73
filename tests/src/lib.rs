//! Nothing of its own: the tests stand in `tidy/` and `e2e/`, the isolated machine in `vm/`.
