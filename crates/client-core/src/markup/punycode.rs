//! Names of hosts in ASCII (RFC 3492), as resolvers and browsers write them. Encoding only.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const BIAS: u32 = 72;
const FIRST: u32 = 128;
/// Longest label (RFC 1035 section 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// A label in ASCII; none if it would be too long for one.
pub(super) fn label(text: &str) -> Option<String> {
    let encoded = if text.is_ascii() {
        text.to_owned()
    } else {
        format!("xn--{}", encode(text)?)
    };
    (encoded.len() <= LABEL_BYTES_MAX).then_some(encoded)
}

/// Section 6.3, name by name.
fn encode(text: &str) -> Option<String> {
    let points: Vec<u32> = text.chars().map(u32::from).collect();
    let mut out: String = text.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    let total = u32::try_from(points.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (FIRST, 0_u32, BIAS, basic);
    while handled < total {
        let next = points.iter().copied().filter(|point| *point >= n).min()?;
        delta = delta.checked_add((next.checked_sub(n)?).checked_mul(handled.checked_add(1)?)?)?;
        n = next;
        for point in &points {
            if *point < n {
                delta = delta.checked_add(1)?;
            }
            if *point == n {
                write_number(&mut out, delta, bias)?;
                bias = adapt(delta, handled.checked_add(1)?, handled == basic);
                delta = 0;
                handled = handled.checked_add(1)?;
            }
        }
        delta = delta.checked_add(1)?;
        n = n.checked_add(1)?;
    }
    Some(out)
}

/// A number of variable length, the lowest digit first.
fn write_number(out: &mut String, number: u32, bias: u32) -> Option<()> {
    let mut q = number;
    let mut k = BASE;
    loop {
        let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if q < t {
            break;
        }
        let span = BASE.checked_sub(t)?;
        let rest = q.checked_sub(t)?;
        out.push(digit(t.checked_add(rest.checked_rem(span)?)?)?);
        q = rest.checked_div(span)?;
        k = k.checked_add(BASE)?;
    }
    out.push(digit(q)?);
    Some(())
}

fn digit(value: u32) -> Option<char> {
    char::from_digit(value, BASE).map(|_| match value {
        0..=25 => char::from_u32(u32::from(b'a').saturating_add(value)),
        _ => char::from_u32(u32::from(b'0').saturating_add(value.saturating_sub(26))),
    })?
}

/// Section 6.1.
const fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}
