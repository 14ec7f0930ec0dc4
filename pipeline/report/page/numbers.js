"use strict";
// The sums of estimate.py and compare.py once more, because a filter changes them in the browser.
// tests/test_report.py holds every number shown here against the tables.

function shareInterval(tagged, size) {
  if (!size) return [0, 1];
  const zz = DATA.settings.z ** 2;
  const centre = (tagged + zz / 2) / (size + zz);
  const half =
    (DATA.settings.z / (size + zz)) * Math.sqrt((tagged * (size - tagged)) / size + zz / 4);
  return [within01(centre - half), within01(centre + half)];
}

// Rogan and Gladen 1978; interval of Lang and Reiczigel 2014: see corrected_share in estimate.py.
function correctedShare(tagged, size, errors) {
  const zz = DATA.settings.z ** 2;
  const codedYes = errors.true_positive + errors.false_negative;
  const codedNo = errors.false_positive + errors.true_negative;
  const falseAlarms = errors.false_positive / codedNo;
  const recall = errors.true_positive / codedYes;
  const point = within01((tagged / size - falseAlarms) / (recall - falseAlarms));
  const share = (tagged + zz / 2) / (size + zz);
  const sensitivity = (errors.true_positive + 1) / (codedYes + 2);
  const specificity = (errors.true_negative + 1) / (codedNo + 2);
  const youden = sensitivity + specificity - 1;
  const ofSensitivity = (sensitivity * (1 - sensitivity)) / (codedYes + 2);
  const ofSpecificity = (specificity * (1 - specificity)) / (codedNo + 2);
  const middle = within01((share + specificity - 1) / youden);
  const shift = 2 * zz * (middle * ofSensitivity - (1 - middle) * ofSpecificity);
  const variance =
    (share * (1 - share)) / (size + zz) +
    (1 - middle) ** 2 * ofSpecificity +
    middle ** 2 * ofSensitivity;
  const half = (DATA.settings.z * Math.sqrt(variance)) / youden;
  return [
    point,
    Math.min(within01(middle + shift - half), point),
    Math.max(within01(middle + shift + half), point),
  ];
}

// Newcombe 1998, method 10: see difference_interval in estimate.py.
function differenceInterval(earlier, later) {
  const [p1, l1, u1] = earlier;
  const [p2, l2, u2] = later;
  const difference = p2 - p1;
  return [
    difference,
    difference - Math.sqrt((p2 - l2) ** 2 + (u1 - p1) ** 2),
    difference + Math.sqrt((u2 - p2) ** 2 + (p1 - l1) ** 2),
  ];
}

// Monroe, Colaresi and Quinn 2008: see log_odds_ratio in compare.py. Gives z, or null.
function standOutScore(tagged, size, otherTagged, otherSize, allTagged, allSize) {
  if (!size || !otherSize) return null;
  if (allTagged === 0 || allTagged === allSize) return 0;
  const prior = (DATA.settings.prior_paragraphs * allTagged) / allSize;
  const priorNot = DATA.settings.prior_paragraphs - prior;
  const [yes, no] = [tagged + prior, size - tagged + priorNot];
  const [otherYes, otherNo] = [otherTagged + prior, otherSize - otherTagged + priorNot];
  const logOdds = Math.log(yes / no) - Math.log(otherYes / otherNo);
  return logOdds / Math.sqrt(1 / yes + 1 / no + 1 / otherYes + 1 / otherNo);
}

function standsOut(z, tagged) {
  if (z === null) return "";
  if (z >= DATA.settings.stands_out_z && tagged >= DATA.settings.few) return "more";
  return z <= -DATA.settings.stands_out_z ? "less" : "";
}

function within01(x) {
  return Math.min(1, Math.max(0, x));
}

function percent(x) {
  return x === null ? "–" : `${(100 * x).toFixed(1)}%`;
}

function intervalText(m) {
  return `${percent(m.low)} to ${percent(m.high)}`;
}

function whole(x) {
  return x.toLocaleString("en-GB");
}

function plural(n, one, many) {
  return `${whole(n)} ${n === 1 ? one : many || `${one}s`}`;
}
