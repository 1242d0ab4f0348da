//! The server that is asked: as little work as possible, in a process of its own. Prints its port.
//!
//! `/N` answers with N fields and 200 bytes of content; `/chunks/N` with N chunks of 64 bytes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let stream = stream?;
        std::thread::spawn(move || serve(stream));
    }
    Ok(())
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    let mut kept: (String, Vec<u8>) = Default::default();
    loop {
        while !request.windows(4).any(|four| four == b"\r\n\r\n") {
            match stream.read(&mut buffer)? {
                0 => return Ok(()),
                count => request.extend_from_slice(&buffer[..count]),
            }
        }
        let text = String::from_utf8_lossy(&request);
        let path = text.split(' ').nth(1).unwrap_or("/").to_owned();
        if kept.0 != path {
            kept = (path.clone(), response(&path));
        }
        stream.write_all(&kept.1)?;
        request.clear();
    }
}

fn response(path: &str) -> Vec<u8> {
    let content = "x".repeat(200);
    if let Some(count) = path.strip_prefix("/chunks/").and_then(|n| n.parse::<usize>().ok()) {
        let chunk = format!("40\r\n{}\r\n", "y".repeat(64));
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        return format!("{head}{}0\r\n\r\n", chunk.repeat(count)).into_bytes();
    }
    let fields = path[1..].parse::<usize>().unwrap_or(9);
    let mut head = String::from(
        "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\
         Content-Type: application/json\r\nContent-Length: 200\r\nServer: bench\r\n\
         Cache-Control: max-age=60\r\nETag: \"0123456789abcdef\"\r\nVary: Accept-Encoding\r\n\
         X-Request-Id: 5f2b8c1e9d3a4c77\r\nConnection: keep-alive\r\n",
    );
    for n in 9..fields {
        head += &format!("X-Field-Number-{n}: some value of usual length\r\n");
    }
    format!("{head}\r\n{content}").into_bytes()
}
