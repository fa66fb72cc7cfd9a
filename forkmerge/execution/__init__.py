"""Many runs: clones of trees, the environment of the tests, and the pool that runs them."""
