//! One function a law: the tree in, the violations out, each a line `file:line: law: what`.
//! Laws are numbered as in the design; what it does not number is a decision or a house rule and says so.

use super::facts::{Facts, Function, Mention};
use super::tree::{Edge, Place, Tree};

pub type Law = fn(&Tree) -> Vec<String>;

/// The floors, and what each may import besides itself.
const FLOORS: &[(&str, &[&str])] = &[
    // Pages, no code.
    ("guide", &[]),
    ("message", &[]),
    ("h1", &["message"]),
    ("net", &[]),
    ("conn", &["message", "h1", "net"]),
    ("pool", &["message", "h1", "net", "conn"]),
    ("client", &["message", "h1", "net", "conn", "pool"]),
    ("blocking", &["message", "h1", "net", "client"]),
    ("websocket", &["message", "h1", "net", "client"]),
    ("testing", &["message", "h1", "net", "client"]),
    // A binary sees the face of the library only: of private floors, what `lib` hands out again.
    ("bin", &["message", "h1", "net", "conn", "client", "blocking", "websocket", "testing", "lib"]),
];

const MOST_LINES: usize = 400;

const HOUSE: &str = "house rule";

/// The first folder below `src`, or the file's name there: `lib` stands above all and is imported by none.
fn floor(path: &str) -> &str {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    let first = inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs");
    if first == "main" { "bin" } else { first }
}

fn on<'t>(tree: &'t Tree, floors: &'static [&str]) -> impl Iterator<Item = &'t Facts> {
    tree.shipped().map(|(_, file)| file).filter(|file| floors.contains(&floor(&file.path)))
}

fn violation(file: &Facts, line: usize, law: &str, what: String) -> String {
    format!("{}:{line}: {law}: {what}", file.path)
}

/// Law 1: a floor imports only floors below it.
pub fn floors(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (_, file) in tree.shipped() {
        let here = floor(&file.path);
        if here != "lib" && !FLOORS.iter().any(|(name, _)| *name == here) {
            found.push(violation(file, 1, "law 1", format!("`{here}` is no floor DESIGN names")));
        }
    }
    for edge in tree.edges() {
        let (file, used) = (&tree.files[edge.from], &tree.files[edge.to]);
        let (here, there) = (floor(&file.path), floor(&used.path));
        let below = FLOORS.iter().find(|(name, _)| *name == here).map_or(&[][..], |f| f.1);
        if here != "lib" && here != there && !below.contains(&there) {
            let what = format!("`{here}` may not import `{there}` ({})", used.path);
            found.push(violation(file, edge.line, "law 1", what));
        }
    }
    found
}

/// Law 1: there is no import cycle between files.
pub fn cycles(tree: &Tree) -> Vec<String> {
    let edges = tree.edges();
    let mut found = Vec::new();
    for (start, file) in tree.shipped() {
        // Breadth first from each file: a way back to it is a cycle, told once, by its first file.
        let mut came_by = vec![None; tree.files.len()];
        let mut queue = vec![start];
        let mut next = 0;
        while next < queue.len() {
            let at = queue[next];
            next += 1;
            for edge in edges.iter().filter(|edge| edge.from == at && edge.to >= start) {
                if came_by[edge.to].is_none() {
                    came_by[edge.to] = Some(edge.clone());
                    queue.push(edge.to);
                }
            }
        }
        let mut way = Vec::new();
        let mut last = came_by[start].as_ref();
        while let Some(edge) = last {
            way.push(edge);
            last = if edge.from == start { None } else { came_by[edge.from].as_ref() };
        }
        way.reverse();
        if let Some(first) = way.first() {
            let to = |edge: &&Edge| format!("{} (line {})", tree.files[edge.to].path, edge.line);
            let steps: Vec<String> = way.iter().map(to).collect();
            let what = format!("import cycle: -> {}", steps.join(" -> "));
            found.push(violation(file, first.line, "law 1", what));
        }
    }
    found
}

/// Law 2: `message` and `h1` name no tokio, no sockets, no clock, and no crate beside the three of the bare build.
pub fn sans_io(tree: &Tree) -> Vec<String> {
    const CRATES: &[&str] = &["core", "alloc", "std", "bytes", "http", "httparse"];
    const CLOSED: &[&str] = &["net", "time", "thread", "process", "fs", "env", "os"];
    const TYPES: &[&str] =
        &["Instant", "SystemTime", "TcpStream", "TcpListener", "UdpSocket", "UnixStream"];
    let mut found = Vec::new();
    for file in on(tree, &["message", "h1"]) {
        for mention in &file.mentions {
            let outside = match tree.place(mention) {
                Place::Elsewhere(path) => {
                    let second = path.get(1).map_or("", String::as_str);
                    let closed = path[0] == "std" && CLOSED.contains(&second);
                    !CRATES.contains(&path[0].as_str()) || closed
                }
                Place::Here(_) | Place::Local => false,
            };
            if outside || mention.segments.iter().any(|s| TYPES.contains(&s.as_str())) {
                found.push(violation(
                    file,
                    mention.line,
                    "law 2",
                    format!("names {}", shown(mention)),
                ));
            }
        }
        let waits = file.awaits.iter().map(|&l| violation(file, l, "law 2", "awaits".into()));
        found.extend(waits);
    }
    found
}

/// Law 2: `net` names neither `message` nor `h1`, nor the crates of HTTP.
pub fn net_knows_no_http(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for file in on(tree, &["net"]) {
        for mention in &file.mentions {
            let http = match tree.place(mention) {
                Place::Elsewhere(path) => path[0].starts_with("http"),
                Place::Here(path) => {
                    path.get(1).is_some_and(|module| module == "message" || module == "h1")
                        || tree.definers(mention).iter().any(|&definer| {
                            matches!(floor(&tree.files[definer].path), "message" | "h1")
                        })
                }
                Place::Local => false,
            };
            if http {
                found.push(violation(
                    file,
                    mention.line,
                    "law 2",
                    format!("net names {}", shown(mention)),
                ));
            }
        }
    }
    found
}

/// Law 3: no file has more than 400 lines with its tests.
pub fn small_files(tree: &Tree) -> Vec<String> {
    let long = tree.files.iter().filter(|file| file.length > MOST_LINES);
    long.map(|file| {
        violation(
            file,
            MOST_LINES + 1,
            "law 3",
            format!("{} lines, at most {MOST_LINES}", file.length),
        )
    })
    .collect()
}

/// Law 4: only `client` knows `Config`.
pub fn config_stays_in_client(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (_, file) in tree.shipped().filter(|(_, file)| floor(&file.path) != "client") {
        for item in file.items.iter().filter(|item| item.name == "Config") {
            found.push(violation(file, item.line, "law 4", "declares a `Config`".into()));
        }
        for mention in &file.mentions {
            let foreign = matches!(tree.place(mention), Place::Elsewhere(_));
            if !foreign && mention.segments.iter().any(|segment| segment == "Config") {
                found.push(violation(
                    file,
                    mention.line,
                    "law 4",
                    format!("names {}", shown(mention)),
                ));
            }
        }
    }
    found
}

/// Law 6: `Reusable` is made from `Sent` and `Received`, in h1/persistence.rs alone.
pub fn reusable_needs_proof(tree: &Tree) -> Vec<String> {
    let proof = |function: &Function| {
        ["Sent", "Received"].iter().all(|wanted| function.takes.iter().any(|t| t == wanted))
    };
    made_in(tree, "Reusable", "src/h1/persistence.rs", proof)
}

/// Law 6: `Idle` is made from `Reusable`, or from a fresh connection by `unused`, in conn/connection.rs alone. Whether a
/// connection is fresh cannot be read from a signature, so `unused` must be able to say no.
pub fn idle_needs_proof(tree: &Tree) -> Vec<String> {
    let proof = |function: &Function| {
        let refuses = function.returns.iter().any(|returned| returned == "Option");
        function.name == "unused" && refuses
            || function.takes.iter().any(|taken| taken == "Reusable")
    };
    made_in(tree, "Idle", "src/conn/connection.rs", proof)
}

/// `name` is a sealed struct of `home`; what makes one there and can be called from elsewhere takes its `proof`.
fn made_in(tree: &Tree, name: &str, home: &str, proof: impl Fn(&Function) -> bool) -> Vec<String> {
    let Some(at) = tree.files.iter().position(|file| file.path == home) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let file = &tree.files[at];
    match file.items.iter().find(|item| item.name == name) {
        None => found.push(violation(file, 1, "law 6", format!("does not define `{name}`"))),
        Some(item) => {
            if item.sealed != Some(true) {
                let what = format!("`{name}` must be a struct with private fields only");
                found.push(violation(file, item.line, "law 6", what));
            }
            for derive in item.derives.iter().filter(|d| *d == "Clone" || *d == "Default") {
                found.push(violation(
                    file,
                    item.line,
                    "law 6",
                    format!("`{name}` derives {derive}"),
                ));
            }
        }
    }
    let makers =
        file.functions.iter().filter(|f| !f.private && f.returns.iter().any(|r| r == name));
    for function in makers {
        // What takes one only hands it on.
        if !proof(function) && !function.takes.iter().any(|t| t == name) {
            let what = format!("`{}` makes a `{name}` without its proof", function.name);
            found.push(violation(file, function.line, "law 6", what));
        }
    }
    for (_, file) in tree.shipped().filter(|(index, _)| *index != at) {
        for built in &file.built {
            let is = built.segments.last().is_some_and(|last| last == name);
            if is && tree.definers(built).contains(&at) {
                found.push(violation(file, built.line, "law 6", format!("constructs `{name}`")));
            }
        }
    }
    found
}

/// Decision 1: nothing is spawned, but for getaddrinfo in `net` (which has no asynchronous form) and the faces that
/// are threads by nature.
pub fn no_background_task(tree: &Tree) -> Vec<String> {
    const SPAWNS: &[&str] =
        &["spawn", "spawn_blocking", "spawn_local", "spawn_on", "JoinSet", "block_in_place"];
    let mut found = Vec::new();
    for (_, file) in tree.shipped() {
        let free = matches!(floor(&file.path), "blocking" | "testing" | "bin");
        let allowed = |name: &str| free || floor(&file.path) == "net" && name == "spawn_blocking";
        let methods = file.methods.iter().map(|method| (method.name.as_str(), method.line));
        let paths = file.mentions.iter().map(|m| (m.segments.last().map_or("", |s| s), m.line));
        for (name, line) in methods.chain(paths) {
            if SPAWNS.contains(&name) && !allowed(name) {
                found.push(violation(file, line, "decision 1", format!("names `{name}`")));
            }
        }
    }
    found
}

/// Law 8: `conn` never hears of a lease.
pub fn conn_hears_of_no_lease(tree: &Tree) -> Vec<String> {
    const WORDS: &[&str] = &["Lease", "Pool", "pool", "lease"];
    let mut found = Vec::new();
    for file in on(tree, &["conn"]) {
        for mention in &file.mentions {
            // Only paths: a local called `pool` would still be one word too many.
            if mention.segments.iter().any(|segment| WORDS.contains(&segment.as_str())) {
                found.push(violation(
                    file,
                    mention.line,
                    "law 8",
                    format!("names {}", shown(mention)),
                ));
            }
        }
    }
    found
}

/// House rule: no `unsafe`, in tests neither. `benches` is a crate of its own: an allocator that counts
/// cannot be written without.
pub fn no_unsafe(tree: &Tree) -> Vec<String> {
    let all = tree.files.iter().filter(|file| !file.path.starts_with("benches/"));
    all.flat_map(|file| {
        file.unsafes.iter().map(|&line| violation(file, line, HOUSE, "says `unsafe`".into()))
    })
    .collect()
}

/// House rule: every lint that is switched off says why, on its line or in `reason = "…"`.
pub fn allowances_have_reasons(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for file in &tree.files {
        for allowance in file.allowances.iter().filter(|allowance| !allowance.reasoned) {
            let what = "switches a lint off and gives no reason on its line".to_owned();
            found.push(violation(file, allowance.line, HOUSE, what));
        }
    }
    found
}

/// House rule: what ships does not panic on purpose.
pub fn no_panics(tree: &Tree) -> Vec<String> {
    const MACROS: &[&str] = &["panic", "todo", "unimplemented", "unreachable"];
    const METHODS: &[(&str, usize)] =
        &[("unwrap", 0), ("expect", 1), ("unwrap_err", 0), ("expect_err", 1)];
    let mut found = Vec::new();
    for (_, file) in tree.shipped() {
        for (name, line) in file.macros.iter().filter(|(name, _)| MACROS.contains(&name.as_str())) {
            found.push(violation(file, *line, HOUSE, format!("calls `{name}!`")));
        }
        for method in &file.methods {
            if METHODS.contains(&(method.name.as_str(), method.arguments)) {
                found.push(violation(file, method.line, HOUSE, format!("calls `{}`", method.name)));
            }
        }
        for mention in &file.mentions {
            let named = |name: &str| METHODS.iter().any(|(method, _)| *method == name);
            let last = mention.segments.last().is_some_and(|last| named(last));
            if last && mention.segments.len() > 1 {
                found.push(violation(
                    file,
                    mention.line,
                    HOUSE,
                    format!("names {}", shown(mention)),
                ));
            }
        }
    }
    found
}

fn shown(mention: &Mention) -> String {
    format!("`{}`", mention.segments.join("::"))
}
