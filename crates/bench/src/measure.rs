//! Figures, and how they are taken. The clock is passed in: a native one, or the browser's.

use serde::{Deserialize, Serialize};

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured, such as `join: the server checks it`.
    pub what: String,
    /// Where, such as `300 members, full tree`.
    pub place: String,
    /// The median of all runs.
    pub value: f64,
    /// What the value counts, such as `ms`.
    pub unit: String,
    /// How often it was measured.
    pub runs: usize,
}

/// Milliseconds since some moment.
pub type Clock<'a> = &'a dyn Fn() -> f64;

/// Collects samples of what is measured in one place, and makes figures of them.
pub struct Samples<'a> {
    clock: Clock<'a>,
    place: String,
    taken: Vec<(&'static str, &'static str, Vec<f64>)>,
}

impl<'a> Samples<'a> {
    /// Nothing is measured yet.
    pub fn new(clock: Clock<'a>, place: String) -> Self {
        Self {
            clock,
            place,
            taken: Vec::new(),
        }
    }

    /// Does some work and notes how long it took.
    pub fn time<T>(&mut self, what: &'static str, work: impl FnOnce() -> T) -> T {
        let start = (self.clock)();
        let done = work();
        let end = (self.clock)();
        self.note(what, "ms", end - start);
        done
    }

    /// Notes a size.
    pub fn bytes(&mut self, what: &'static str, bytes: usize) {
        // Sizes here are far below 2^52.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.note(what, "bytes", f64::from(bytes));
    }

    fn note(&mut self, what: &'static str, unit: &'static str, value: f64) {
        let known = self.taken.iter_mut().find(|(w, u, _)| (*w, *u) == (what, unit));
        match known {
            Some((_, _, values)) => values.push(value),
            None => self.taken.push((what, unit, vec![value])),
        }
    }

    /// The medians, in the order of the first samples.
    pub fn figures(self) -> Vec<Figure> {
        let place = self.place;
        let taken = self.taken.into_iter();
        taken
            .map(|(what, unit, mut values)| {
                values.sort_by(f64::total_cmp);
                Figure {
                    what: what.to_owned(),
                    place: place.clone(),
                    value: values.get(values.len() / 2).copied().unwrap_or_default(),
                    unit: unit.to_owned(),
                    runs: values.len(),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn the_median_of_each_thing_is_kept_with_its_unit() {
        let now = Cell::new(0.0);
        let clock = || now.get();
        let mut samples = Samples::new(&clock, "here".to_owned());
        for took in [5.0, 1.0, 3.0] {
            samples.time("work", || now.set(now.get() + took));
            samples.bytes("work", 7);
        }
        let figure = |value, unit: &str| Figure {
            what: "work".to_owned(),
            place: "here".to_owned(),
            value,
            unit: unit.to_owned(),
            runs: 3,
        };
        assert_eq!(samples.figures(), [figure(3.0, "ms"), figure(7.0, "bytes")]);
    }
}
