//! Many images asked of their registries at once.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::adapters::oci_registry::manifest;
use crate::ports::Failure;
use crate::ports::registry::Manifest;

/// Requests that are under way at once.
const ABREAST: usize = 8;

type Answer = Result<Option<Manifest>, Failure>;

/// In the order asked. A repository that did not answer to its first question is not asked the others; one account may lead to one and not to the next.
pub fn manifests(asked: &[(String, String)]) -> Vec<Answer> {
    let mut images: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, (image, _)) in asked.iter().enumerate() {
        images.entry(image).or_default().push(index);
    }
    let answers: Mutex<BTreeMap<usize, Answer>> = Mutex::default();
    let ask = |index: usize| {
        let (image, reference) = &asked[index];
        let answer = manifest(image, reference);
        if let Ok(mut answers) = answers.lock() {
            answers.insert(index, answer);
        }
    };
    std::thread::scope(|scope| {
        for indices in images.values() {
            let (ask, answers) = (&ask, &answers);
            scope.spawn(move || {
                let Some((first, others)) = indices.split_first() else {
                    return;
                };
                ask(*first);
                let failed = answers.lock().ok().and_then(|answers| {
                    let answer = answers.get(first)?;
                    answer.as_ref().err().cloned()
                });
                if let Some(failure) = failed {
                    if let Ok(mut answers) = answers.lock() {
                        answers.extend(others.iter().map(|index| (*index, Err(failure.clone()))));
                    }
                    return;
                }
                let next = AtomicUsize::new(0);
                std::thread::scope(|scope| {
                    for _ in 0..ABREAST.min(others.len()) {
                        scope.spawn(|| {
                            while let Some(index) = others.get(next.fetch_add(1, Ordering::SeqCst))
                            {
                                ask(*index);
                            }
                        });
                    }
                });
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_default();
    (0..asked.len())
        .map(|index| {
            let lost = || Err(Failure::new("a request to the registry was not finished"));
            answers.remove(&index).unwrap_or_else(lost)
        })
        .collect()
}
