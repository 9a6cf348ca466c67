// SPDX-License-Identifier: MIT OR Apache-2.0
// Texts a second of model2vec-rs on one thread: FOLDER FILE
use model2vec_rs::model::StaticModel;
use std::time::Instant;

fn main() {
    let a: Vec<String> = std::env::args().collect();
    let model = StaticModel::from_pretrained(&a[1], None, None, None).expect("model");
    let texts: Vec<String> = std::fs::read_to_string(&a[2]).expect("texts").lines().map(String::from).collect();
    let mut best = f64::MAX;
    for _ in 0..3 {
        let since = Instant::now();
        let vectors = model.encode_with_args(&texts, None, 1024);
        let spent = since.elapsed().as_secs_f64();
        assert_eq!(vectors.len(), texts.len());
        best = best.min(spent);
    }
    println!("{{\"texts_per_s\":{:.0}}}", texts.len() as f64 / best);
}
