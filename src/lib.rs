//! AutoParallel: the best parallel layout of a transformer on a GPU cluster.
