//! Charts, drawn by the server as SVG: they need no script, print, and have a table beside them.

use maud::{Markup, html};

/// One line of a chart.
#[derive(Clone, Debug)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// The values, one for each label.
    pub values: Vec<f64>,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 44.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 8.0;

/// A small line without axes, for a row of a table.
pub fn spark(label: &str, values: &[f64]) -> Markup {
    let (width, height) = (96.0, 24.0);
    let most = values.iter().copied().fold(0.0_f64, f64::max).max(1.0);
    let points = points(values, (0.0, width), |value| height - 2.0 - value / most * (height - 4.0));
    html! {
        svg class="chart spark" viewBox=(format!("0 0 {width} {height}")) preserveAspectRatio="none" role="img" aria-label=(label) {
            polyline class="line" points=(points) {}
        }
    }
}

/// Lines over time, with axes. Quantities begin at zero.
pub fn line_chart(label: &str, labels: &[String], series: &[Series], tick: impl Fn(f64) -> String) -> Markup {
    let most = series.iter().flat_map(|one| &one.values).copied().fold(0.0_f64, f64::max);
    let step = nice(most / 4.0);
    let top = (most / step).ceil().max(1.0) * step;
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / top);
    let marks: Vec<f64> = std::iter::successors(Some(0.0), |mark| Some(mark + step))
        .take_while(|mark| *mark <= top * 1.001)
        .collect();
    let every = labels.len().div_ceil(6).max(1);
    html! {
        svg class="chart" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
            @for mark in &marks {
                line class="axis" x1=(LEFT) x2=(WIDTH) y1=(short(y(*mark))) y2=(short(y(*mark))) {}
                text x=(LEFT - 8.0) y=(short(y(*mark) + 4.0)) text-anchor="end" { (tick(*mark)) }
            }
            @for (index, label) in labels.iter().enumerate().step_by(every) {
                text x=(short(x(index, labels.len()))) y=(HEIGHT - 6.0) text-anchor=(if index == 0 { "start" } else { "middle" }) { (label) }
            }
            @for (index, one) in series.iter().enumerate() {
                polyline class=(if index == 0 { "line" } else { "line b" }) points=(points(&one.values, (LEFT, WIDTH), y)) { title { (one.name) } }
            }
        }
    }
}

fn x(index: usize, count: usize) -> f64 {
    let part = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    LEFT + (WIDTH - LEFT) * part(index) / part(count.saturating_sub(1).max(1))
}

fn points(values: &[f64], (from, to): (f64, f64), y: impl Fn(f64) -> f64) -> String {
    let part = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    let wide = part(values.len().saturating_sub(1).max(1));
    let points = values.iter().enumerate().map(|(index, value)| {
        format!("{},{}", short(from + (to - from) * part(index) / wide), short(y(*value)))
    });
    points.collect::<Vec<_>>().join(" ")
}

/// To a tenth of a pixel.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The smallest of 1, 2, 5, 10, 20, … that is not less.
fn nice(value: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            if step * factor >= value {
                return step * factor;
            }
        }
        step *= 10.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        let steps = [0.0, 0.3, 1.0, 1.1, 4.0, 26.0, 51.0].map(|value| short(nice(value)));
        assert_eq!(steps, ["1", "1", "1", "2", "5", "50", "100"]);
    }

    #[test]
    fn a_line_goes_from_end_to_end() {
        assert_eq!(points(&[0.0, 5.0, 10.0], (0.0, 100.0), |value| 10.0 - value), "0,10 50,5 100,0");
        assert_eq!(points(&[], (0.0, 100.0), |value| value), "");
    }
}
