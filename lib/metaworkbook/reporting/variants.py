"""What each variant of an analysis assumes, in words, by the name that `models` gives it."""

VARIANTS = {
    "without-directions": "without rows that tell only a direction",
    "reporting-0.7": "if 70 % of non-significant results were reported",
    "reporting-0.4": "if 40 % of non-significant results were reported",
    "one-sided": "if significant meant one-sided where no level is told",
    "rho-0.3": "if rows of one sample are less alike",
    "rho-0.8": "if rows of one sample are more alike",
    "one-vote": "if a sample's several rows count as one",
    "without-sample": "without the sample {detail}",
    "without-cluster": "without the syntheses of {detail}",
    "overlap-0": "if syntheses share no studies",
    "overlap-0.3": "if syntheses share fewer studies",
    "overlap-0.9": "if syntheses share almost all studies",
    "errors-doubled": "if standard errors that had to be derived are doubled",
    "before-after-0.3": "if before and after correlate less",
    "before-after-0.7": "if before and after correlate more",
    "untold-up": "if all samples without a direction were positive",
    "untold-down": "if all samples without a direction were negative",
}
