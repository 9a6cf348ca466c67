// SPDX-License-Identifier: MIT OR Apache-2.0
// Texts a second of processor time of model2vec-rs: FOLDER FILE. See bench/local.py.
use model2vec_rs::model::StaticModel;

/// Seconds of processor time of this process (Linux counts them in hundredths).
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("stat");
    let after = &stat[stat.rfind(')').expect("name") + 2..];
    let fields: Vec<&str> = after.split(' ').collect();
    (fields[11].parse::<f64>().expect("utime") + fields[12].parse::<f64>().expect("stime")) / 100.0
}

fn main() {
    let a: Vec<String> = std::env::args().collect();
    let model = StaticModel::from_pretrained(&a[1], None, None, None).expect("model");
    let texts: Vec<String> = std::fs::read_to_string(&a[2]).expect("texts").lines().map(String::from).collect();
    let mut best = f64::MAX;
    for _ in 0..5 {
        let since = cpu();
        let vectors = model.encode_with_args(&texts, None, 1024);
        let spent = cpu() - since;
        assert_eq!(vectors.len(), texts.len());
        best = best.min(spent);
    }
    println!("{{\"texts_per_s\":{:.0}}}", texts.len() as f64 / best);
}
