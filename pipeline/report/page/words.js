// Numbers and days as a reader sees them.

export function percent(x) {
  return x === null ? "–" : `${(100 * x).toFixed(1)}%`;
}

export function intervalText(m) {
  return `${percent(m.low)} to ${percent(m.high)}`;
}

export function signed(x) {
  return `${x < 0 ? "−" : x > 0 ? "+" : ""}${Math.abs(x).toFixed(1)}`;
}

export function whole(x) {
  return x.toLocaleString("en-GB");
}

export function plural(n, one, many = `${one}s`) {
  return `${whole(n)} ${n === 1 ? one : many}`;
}

export function capitalised(word) {
  return word[0].toUpperCase() + word.slice(1);
}

// `precision` is "month" where the document prints no day.
export function longDate(day, precision) {
  const options = { month: "long", year: "numeric", timeZone: "UTC" };
  if (precision !== "month") options.day = "numeric";
  return new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB", options);
}

// A day as a number of years, for charts.
export function inYears(day) {
  const [year, month, date] = day.split("-").map(Number);
  return year + (month - 1) / 12 + (date - 1) / 365;
}

const PLAIN = { "‘": "'", "’": "'", ʼ: "'", "“": '"', "”": '"', "‐": "-", "‑": "-" };

// A text as it is searched: in lower case, with the signs that a keyboard has for those in print. As
// plain_text of Python.
export function plain(text) {
  return text.replace(/[‘’ʼ“”‐‑]/g, (sign) => PLAIN[sign]).toLowerCase();
}
