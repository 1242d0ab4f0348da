//! The client that is counted: `client PORT COUNT PATH` sends COUNT requests one after another on
//! one connection.

fn main() {
    wireline_benches::run(|| {});
}
