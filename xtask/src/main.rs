//! Builds, serves and tests the site.

fn main() {}
