//! The five-line hello: `cargo run --example get -- https://www.rust-lang.org/`

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("usage: get URL")?;

    let client = wireline::Client::new();
    let response = client.get(url).send().await?;
    eprintln!("{:?} {}", response.version(), response.status());
    println!("{}", response.text().await?);
    Ok(())
}
