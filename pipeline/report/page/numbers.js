// The sums of intervals.py and compare.py once more, because a filter changes them in the browser.
// Nothing here knows the page: tests/report/test_numbers_js.py runs this file in Node and compares
// it with Python. `settings` has z, few, prior_paragraphs and stands_out_z, as html.py names them.

// Low and high of a share: see share_interval.
export function shareInterval(tagged, size, { z }) {
  if (!size) return [0, 1];
  const centre = (tagged + z ** 2 / 2) / (size + z ** 2);
  const half = (z / (size + z ** 2)) * Math.sqrt((tagged * (size - tagged)) / size + z ** 2 / 4);
  return [within01(centre - half), within01(centre + half)];
}

// The share a coder would find, low and high: see corrected_share. `size` must not be 0.
export function correctedShare(tagged, size, errors, { z }) {
  const codedYes = errors.true_positive + errors.false_negative;
  const codedNo = errors.false_positive + errors.true_negative;
  const falseAlarms = errors.false_positive / codedNo;
  const recall = errors.true_positive / codedYes;
  const point = within01((tagged / size - falseAlarms) / (recall - falseAlarms));
  const share = (tagged + z ** 2 / 2) / (size + z ** 2);
  const sensitivity = (errors.true_positive + 1) / (codedYes + 2);
  const specificity = (errors.true_negative + 1) / (codedNo + 2);
  const youden = sensitivity + specificity - 1;
  const ofSensitivity = (sensitivity * (1 - sensitivity)) / (codedYes + 2);
  const ofSpecificity = (specificity * (1 - specificity)) / (codedNo + 2);
  const middle = within01((share + specificity - 1) / youden);
  const shift = 2 * z ** 2 * (middle * ofSensitivity - (1 - middle) * ofSpecificity);
  const variance =
    (share * (1 - share)) / (size + z ** 2) + (1 - middle) ** 2 * ofSpecificity + middle ** 2 * ofSensitivity;
  const half = (z * Math.sqrt(variance)) / youden;
  return [
    point,
    Math.min(within01(middle + shift - half), point),
    Math.max(within01(middle + shift + half), point),
  ];
}

// Later minus earlier, low and high, from two shares as [value, low, high]: see difference_interval.
export function differenceInterval([p1, l1, u1], [p2, l2, u2]) {
  const difference = p2 - p1;
  return [
    difference,
    difference - Math.sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2),
    difference + Math.sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2),
  ];
}

// The z of log_odds_ratio, from three {tagged, size}; null where there is nobody to compare with.
export function standOutScore(own, other, all, settings) {
  if (!own.size || !other.size) return null;
  if (all.tagged === 0 || all.tagged === all.size) return 0;
  const prior = (settings.prior_paragraphs * all.tagged) / all.size;
  const priorNot = settings.prior_paragraphs - prior;
  const [yes, no] = [own.tagged + prior, own.size - own.tagged + priorNot];
  const [otherYes, otherNo] = [other.tagged + prior, other.size - other.tagged + priorNot];
  const logOdds = Math.log(yes / no) - Math.log(otherYes / otherNo);
  return logOdds / Math.sqrt(1 / yes + 1 / no + 1 / otherYes + 1 / otherNo);
}

// "more", "less" or "": the column stands_out of the table standouts.
export function standsOut(z, tagged, settings) {
  if (z === null) return "";
  if (z >= settings.stands_out_z && tagged >= settings.few) return "more";
  return z <= -settings.stands_out_z ? "less" : "";
}

function within01(x) {
  return Math.min(1, Math.max(0, x));
}
