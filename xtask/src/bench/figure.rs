//! Figures as the programs that measure write them, and a table of them: a line for each thing, a column
//! for each place.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One figure: what was measured where, and the median of its runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    what: String,
    place: String,
    value: f64,
    unit: String,
    runs: u64,
}

impl Figure {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "what": self.what,
            "place": self.place,
            "value": self.value,
            "unit": self.unit,
            "runs": self.runs,
        })
    }

    fn from_json(value: &Value) -> Option<Self> {
        let word = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            what: word("what")?,
            place: word("place")?,
            value: value.get("value")?.as_f64()?,
            unit: word("unit")?,
            runs: value.get("runs")?.as_u64()?,
        })
    }

    /// What the line of the table says.
    fn line(&self) -> String {
        format!("{}, {}", self.what, self.unit)
    }

    /// Few digits, and no more than are believable.
    fn shown(&self) -> String {
        match self.value.abs() {
            size if size >= 100.0 || self.value.fract() == 0.0 => format!("{:.0}", self.value),
            size if size >= 1.0 => format!("{:.1}", self.value),
            _ => format!("{:.3}", self.value),
        }
    }
}

/// Reads what a program wrote: the last line is the JSON.
pub(super) fn parse(text: &str) -> Result<Vec<Figure>> {
    let line = text.lines().last().context("nothing was measured")?;
    let figures: Vec<Value> = serde_json::from_str(line).context("what was measured is not JSON")?;
    let figures: Option<Vec<Figure>> = figures.iter().map(Figure::from_json).collect();
    figures.context("a figure lacks a part")
}

/// A Markdown table.
pub(super) fn table(figures: &[Figure]) -> String {
    let (mut lines, mut places) = (Vec::new(), Vec::new());
    for figure in figures {
        let line = figure.line();
        if !lines.contains(&line) {
            lines.push(line);
        }
        if !places.contains(&figure.place) {
            places.push(figure.place.clone());
        }
    }
    let mut table = format!(
        "| | {} |\n|---|{}\n",
        places.join(" | "),
        "--:|".repeat(places.len())
    );
    for line in &lines {
        let cells = places.iter().map(|place| {
            let here = figures
                .iter()
                .find(|figure| figure.line() == *line && figure.place == *place);
            here.map_or_else(String::new, Figure::shown)
        });
        let cells: Vec<String> = cells.collect();
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| {line} | {} |", cells.join(" | "));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> String {
        let rest = r#"{"what":"join","place":"10 full","value":1.26,"unit":"ms","runs":3},{"what":"join","place":"1000 full","value":70.4,"unit":"ms","runs":3},{"what":"join","place":"1000 full","value":13500.0,"unit":"bytes","runs":3}]"#;
        format!("some words of a program\n[{rest}")
    }

    #[test]
    fn a_line_for_each_thing_and_a_column_for_each_place() {
        let figures = parse(&measured()).unwrap();
        assert_eq!(
            table(&figures),
            "| | 10 full | 1000 full |\n|---|--:|--:|\n| join, ms | 1.3 | 70.4 |\n| join, bytes |  | 13500 |\n"
        );
    }

    #[test]
    fn figures_are_written_down_as_they_were_read() {
        let figures = parse(&measured()).unwrap();
        let written: Vec<Value> = figures.iter().map(Figure::to_json).collect();
        let again = serde_json::to_string(&written).unwrap();
        assert_eq!(parse(&again).unwrap(), figures);
    }

    #[test]
    fn what_is_no_measurement_is_refused() {
        for text in ["", "done", r#"[{"what":"join"}]"#] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
