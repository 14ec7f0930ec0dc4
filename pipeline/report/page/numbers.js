// The sums of intervals.py, changes.py, standouts.py and funnel.py once more, because a filter changes
// them in the browser. Nothing here knows the page: tests/report/test_numbers_js.py runs this file in Node
// and compares it with Python. `settings` has the constants of these modules, as page_data.py names them.

// Low and high of a share: see share_interval.
export function shareInterval(allTagged, all, dispersion, { z }) {
  if (!all) return [0, 1];
  const [tagged, size] = [allTagged / dispersion, all / dispersion];
  const centre = (tagged + z ** 2 / 2) / (size + z ** 2);
  const half = (z / (size + z ** 2)) * Math.sqrt((tagged * (size - tagged)) / size + z ** 2 / 4);
  return [within01(centre - half), within01(centre + half)];
}

function ratesOf(errors) {
  const codedYes = errors.true_positive + errors.false_negative;
  const codedNo = errors.false_positive + errors.true_negative;
  const [recall, falseAlarms] = [errors.true_positive / codedYes, errors.false_positive / codedNo];
  return { codedYes, codedNo, recall, falseAlarms };
}

// The relative variance of recall minus false alarms, from few codes and between authorities: see
// Errors.uncertainty and Errors.variation.
export function sharedVariance(errors) {
  const { codedYes, codedNo, recall, falseAlarms } = ratesOf(errors);
  const relative = (ofYes, ofNo) =>
    (recall * (1 - recall) * ofYes + falseAlarms * (1 - falseAlarms) * ofNo) / (recall - falseAlarms) ** 2;
  return {
    uncertainty: relative(errors.recall_effect / codedYes, errors.false_alarms_effect / codedNo),
    variation: relative(errors.recall_between, errors.false_alarms_between),
  };
}

// The share a coder would find, low and high: see corrected_share. `all` must not be 0; if `alike` is
// null, the errors count as known exactly.
export function correctedShare(allTagged, all, errors, dispersion, alike, { z }) {
  const { codedYes, codedNo, recall, falseAlarms } = ratesOf(errors);
  const point = within01((allTagged / all - falseAlarms) / (recall - falseAlarms));
  const [tagged, size] = [allTagged / dispersion, all / dispersion];
  const share = (tagged + z ** 2 / 2) / (size + z ** 2);
  let [sensitivity, specificity] = [recall, 1 - falseAlarms];
  let [ofSensitivity, ofSpecificity, sensitivityBetween, specificityBetween] = [0, 0, 0, 0];
  if (alike !== null) {
    const [yes, no] = [codedYes / errors.recall_effect, codedNo / errors.false_alarms_effect];
    sensitivity = (sensitivity * yes + 1) / (yes + 2);
    specificity = (specificity * no + 1) / (no + 2);
    ofSensitivity = (sensitivity * (1 - sensitivity)) / (yes + 2);
    ofSpecificity = (specificity * (1 - specificity)) / (no + 2);
    sensitivityBetween = errors.recall_between * sensitivity * (1 - sensitivity) * alike;
    specificityBetween = errors.false_alarms_between * specificity * (1 - specificity) * alike;
  }
  const youden = sensitivity + specificity - 1;
  const middle = within01((share + specificity - 1) / youden);
  const shift = 2 * z ** 2 * (middle * ofSensitivity - (1 - middle) * ofSpecificity);
  const variance =
    (share * (1 - share)) / (size + z ** 2) +
    (1 - middle) ** 2 * (ofSpecificity + specificityBetween) +
    middle ** 2 * (ofSensitivity + sensitivityBetween);
  const half = (z * Math.sqrt(variance)) / youden;
  return [
    point,
    Math.min(within01(middle + shift - half), point),
    Math.max(within01(middle + shift + half), point),
  ];
}

// Later minus earlier, low and high, from two shares as [value, low, high]: see difference_interval.
export function differenceInterval([p1, l1, u1], [p2, l2, u2], shared, { z }) {
  const difference = p2 - p1;
  const common = (z * difference) ** 2 * shared;
  return [
    difference,
    difference - Math.sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2 + common),
    difference + Math.sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2 + common),
  ];
}

// The later departure from its average minus the earlier one: see departure_interval. `shared` is
// what sharedVariance gives.
export function departureInterval(earlier, later, earlierAverage, laterAverage, shared, { z }) {
  const [[p1, l1, u1], [p2, l2, u2]] = [earlier, later];
  const [[m1, ml1, mu1], [m2, ml2, mu2]] = [earlierAverage, laterAverage];
  const difference = p2 - m2 - (p1 - m1);
  const common = z ** 2 * (shared.uncertainty * difference ** 2 + shared.variation * (p2 - p1) ** 2);
  const length = (...parts) => Math.sqrt(parts.reduce((sum, part) => sum + part ** 2, common));
  return [
    difference,
    difference - length(p2 - l2, mu2 - m2, u1 - p1, m1 - ml1),
    difference + length(u2 - p2, m2 - ml2, p1 - l1, mu1 - m1),
  ];
}

// The corrected share of paragraphs of several kinds, low and high: see pool_kinds. Each of `parts`
// is {tagged, size, extra, squares, errors}, with `extra` the variance beyond chance and `squares` the
// sum of the squares of each authority's paragraphs; null if the errors of one are not known.
export function pooledShare(parts, settings) {
  const there = parts.filter((part) => part.size > 0);
  if (!there.length || there.some((part) => !part.errors)) return null;
  const size = there.reduce((sum, part) => sum + part.size, 0);
  let [point, below, above] = [0, 0, 0];
  for (const part of there) {
    const weight = part.size / size;
    const alike = part.squares / part.size ** 2;
    const given = [part.tagged, part.size, part.errors, 1 + part.extra / part.size, alike];
    const [value, low, high] = correctedShare(...given, settings);
    point += weight * value;
    below += (weight * (value - low)) ** 2;
    above += (weight * (high - value)) ** 2;
  }
  return [point, Math.max(0, point - Math.sqrt(below)), Math.min(1, point + Math.sqrt(above))];
}

// A share with the interval that it would have if the errors were known exactly, for differences.
export function ownShare({ tagged, size, extra, errors }, settings) {
  if (!size) return [0, 0, 1];
  const dispersion = 1 + extra / size;
  if (errors) return correctedShare(tagged, size, errors, dispersion, null, settings);
  return [tagged / size, ...shareInterval(tagged, size, dispersion, settings)];
}

// Which way a balance of strengths and concerns moved: see moved. Each end as [strengths, concerns].
export function balanceChange(earlier, later, settings) {
  const ends = [earlier, later].map(([strengths, concerns]) => {
    const size = strengths + concerns;
    return size ? [strengths / size, ...shareInterval(strengths, size, 1, settings)] : null;
  });
  if (!ends[0] || !ends[1]) return { change: null, low: null, high: null, moved: "" };
  const [change, low, high] = differenceInterval(ends[0], ends[1], 0, settings);
  return { change, low, high, moved: low > 0 ? "up" : high < 0 ? "down" : "no clear change" };
}

// How much more authorities differ than chance allows, for one theme and stratum: see
// measure_dispersion. `authorities` are all with paragraphs there, as {tagged, size}.
export function measureDispersion(authorities, settings) {
  const size = authorities.reduce((sum, { size: n }) => sum + n, 0);
  const share = authorities.reduce((sum, { tagged }) => sum + tagged, 0) / Math.max(size, 1);
  let [excess, weight] = [0, 0];
  if (share > 0 && share < 1) {
    const scores = authorities.map(
      ({ tagged, size: n }) => (tagged / n - share) / Math.sqrt((share * (1 - share)) / n),
    );
    const low = quantile(scores, settings.winsorised);
    const high = quantile(scores, 1 - settings.winsorised);
    const squares = scores.reduce((sum, z) => sum + Math.min(high, Math.max(low, z)) ** 2, 0);
    excess = squares / settings.square_of_winsorised - (authorities.length - 1);
    weight = size - authorities.reduce((sum, { size: n }) => sum + n ** 2, 0) / size;
  }
  const usual = settings.usual_dispersion * settings.usual_weight;
  return Math.max(0, (excess + usual) / (weight + settings.usual_weight));
}

// Between the two nearest values, in proportion, as numpy does it.
function quantile(values, at) {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

// An authority against others, for one theme: see compare_with. Each of `strata` is {tagged, size,
// otherTagged, otherSize, otherSquares, allTagged, allSize, dispersion}. Null if nothing compares.
export function compareWith(strata, settings) {
  const prior = settings.prior_paragraphs;
  const both = strata.filter((s) => s.size > 0 && s.otherSize > 0);
  let [tagged, size, expected, byChance, uncertain, leaning, between] = [0, 0, 0, 0, 0, 0, 0];
  for (const s of both) {
    const share = (s.otherTagged + (prior * s.allTagged) / s.allSize) / (s.otherSize + prior);
    const chance = share * (1 - share);
    tagged += s.tagged;
    size += s.size;
    expected += s.size * share;
    byChance += s.size * chance;
    uncertain += (s.size ** 2 * chance) / (s.otherSize + prior);
    leaning += s.size * Math.sqrt(s.dispersion * chance);
    between += s.size * Math.sqrt(s.dispersion * chance * (1 + s.otherSquares / s.otherSize ** 2));
  }
  const variance = byChance + uncertain + between ** 2;
  if (!size || !variance) return null;
  const mean = expected / size;
  return {
    tagged,
    size,
    expected: mean,
    shrunken: mean + (leaning ** 2 / variance) * (tagged / size - mean),
    dispersion: variance / byChance,
    z: (tagged - expected) / Math.sqrt(variance),
    p: tail(tagged, size, mean, variance, settings),
  };
}

// The two-sided mid-p value of a count, if counts were beta-binomial: see tail.
export function tail(tagged, size, mean, variance, { most_correlated }) {
  if (!size || mean <= 0 || mean >= 1) return 1;
  const ratio = variance / (size * mean * (1 - mean));
  const together = size > 1 && ratio > 1;
  const rho = together ? Math.min((ratio - 1) / (size - 1), most_correlated) : 0;
  const [a, b] = [mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)];
  let log = together
    ? logGamma(b + size) - logGamma(b) + logGamma(a + b) - logGamma(a + b + size)
    : size * Math.log1p(-mean);
  let below = 0;
  for (let k = 0; k < tagged; k++) {
    below += Math.exp(log);
    const odds = together ? (a + k) / (b + size - k - 1) : mean / (1 - mean);
    log += Math.log(((size - k) / (k + 1)) * odds);
  }
  below += Math.exp(log) / 2;
  return Math.min(1, Math.max(0, 2 * Math.min(below, 1 - below)));
}

// Stirling's series (Abramowitz and Stegun 1964, 6.1.41), from where it is exact enough.
function logGamma(x) {
  if (x < 16) return logGamma(x + 1) - Math.log(x);
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}

// The q value of each p value (Benjamini and Hochberg 1995), as false_discovery_control has them.
export function falseDiscovery(values) {
  const order = values.map((_, at) => at).sort((a, b) => values[b] - values[a]);
  const found = Array(values.length);
  let least = 1;
  order.forEach((at, above) => {
    least = Math.min(least, (values[at] * values.length) / (values.length - above));
    found[at] = least;
  });
  return found;
}

// "more", "less" or "": the column stands_out of the table standouts.
export function standsOut(q, z, tagged, settings) {
  if (q === null || q > settings.false_discovery) return "";
  if (z > 0) return tagged >= settings.few ? "more" : "";
  return "less";
}

function within01(x) {
  return Math.min(1, Math.max(0, x));
}

// --- funnels ------------------------------------------------------------------------------------

// How many standard deviations leave this much in both tails, to 0.0005 (Abramowitz and Stegun 1964,
// 26.2.23): see normal_score.
export function normalScore(p) {
  const t = Math.sqrt(-2 * Math.log(Math.max(p, 1e-16) / 2));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  return Math.max(0, t - above / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
}

// The funnel of one theme as {average, extra}, from what compareWith gives of each authority: see
// fit_funnel.
export function fitFunnel(compared) {
  const total = Math.max(
    1,
    compared.reduce((sum, { size }) => sum + size, 0),
  );
  return {
    average: compared.reduce((sum, { size, expected }) => sum + size * expected, 0) / total,
    extra: compared.reduce((sum, { dispersion }) => sum + dispersion - 1, 0) / total,
  };
}

// The share so many standard deviations from the average: see Funnel.share_at.
export function shareAt({ average, extra }, size, score) {
  const angle = Math.asin(Math.sqrt(average)) + (score * Math.sqrt(1 / size + extra)) / 2;
  return Math.sin(Math.min(Math.PI / 2, Math.max(0, angle))) ** 2;
}

// Where one authority is in a funnel, and which limit it is outside: a row of the table `funnel`.
export function placeInFunnel(funnel, { tagged, size, z, p }, { few, funnel_limits: limits }) {
  const adjusted = shareAt(funnel, size, Math.sign(z) * normalScore(p));
  const passed = limits.filter(({ p_value }) => p < p_value).map(({ name }) => name);
  const side = z > 0 ? "above" : "below";
  const outside = passed.length && !(z > 0 && tagged < few) ? `${side} ${passed.at(-1)}` : "";
  return { adjusted, outside };
}

// --- balances of several documents ----------------------------------------------------------------

// How alike the verdicts of one document are: the correlation by moments of excess_over_chance, of
// groups of documents as [{tagged, size}], taken together.
export function correlationWithin(groups) {
  let [excess, weight] = [0, 0];
  for (const group of groups) {
    const there = group.filter(({ size }) => size > 0);
    const size = there.reduce((sum, { size: n }) => sum + n, 0);
    const share = there.reduce((sum, { tagged }) => sum + tagged, 0) / size;
    if (!(share > 0 && share < 1)) continue;
    const spread = there.reduce((sum, { tagged, size: n }) => sum + n * (tagged / n - share) ** 2, 0);
    const squares = there.reduce((sum, { size: n }) => sum + n ** 2, 0);
    excess += spread / (share * (1 - share)) - (there.length - 1);
    weight += size - squares / size - (there.length - 1);
  }
  return weight > 0 ? Math.max(0, excess / weight) : 0;
}

// See design_effect.
export function designEffect(sizes, correlation) {
  const size = sizes.reduce((sum, n) => sum + n, 0);
  const squares = sizes.reduce((sum, n) => sum + n ** 2, 0);
  return size ? 1 + correlation * (squares / size - 1) : 1;
}
