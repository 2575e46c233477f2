//! Figures as they are found: what, where, and the median of the rounds.

use undertone_bench::measure::Figure;

/// Collects samples, and makes figures of them.
#[derive(Debug, Default)]
pub(crate) struct Report {
    samples: Vec<Sample>,
}

#[derive(Debug)]
struct Sample {
    what: String,
    place: &'static str,
    unit: &'static str,
    values: Vec<f64>,
}

/// The column with what the real server reaches of the reference, round by round.
const RATIO: &str = "ratio";

impl Report {
    /// Notes one sample.
    pub(crate) fn note(&mut self, what: &str, place: &'static str, (value, unit): (f64, &'static str)) {
        let known =
            |sample: &&mut Sample| (sample.what.as_str(), sample.place, sample.unit) == (what, place, unit);
        match self.samples.iter_mut().find(known) {
            Some(sample) => sample.values.push(value),
            None => self.samples.push(Sample {
                what: what.to_owned(),
                place,
                unit,
                values: vec![value],
            }),
        }
    }

    /// Notes both sides of one round, and what one is of the other.
    pub(crate) fn compare(&mut self, what: &str, unit: &'static str, sides: [f64; 2]) {
        let [undertone, reference] = sides;
        self.note(what, "Undertone", (undertone, unit));
        self.note(what, "bare reference", (reference, unit));
        if reference > 0.0 {
            self.note(what, RATIO, (undertone / reference, unit));
        }
    }

    /// The medians, in the order of the first samples.
    pub(crate) fn figures(self) -> Vec<Figure> {
        let samples = self.samples.into_iter();
        samples
            .map(|mut sample| {
                sample.values.sort_by(f64::total_cmp);
                Figure {
                    what: sample.what,
                    place: sample.place.to_owned(),
                    value: sample
                        .values
                        .get(sample.values.len() / 2)
                        .copied()
                        .unwrap_or_default(),
                    unit: sample.unit.to_owned(),
                    runs: sample.values.len(),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_the_rounds() {
        let mut report = Report::default();
        for (undertone, reference) in [(80.0, 100.0), (10.0, 100.0), (90.0, 100.0)] {
            report.compare("A", "deliveries/s", [undertone, reference]);
        }
        let figures = report.figures();
        let ratio = figures.iter().find(|figure| figure.place == RATIO).unwrap();
        assert!((ratio.value - 0.8).abs() < 1e-9 && ratio.runs == 3);
    }
}
