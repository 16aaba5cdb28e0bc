# Effect sizes and variances by metafor's escalc, for tests/evidence/test_conversions.py.
#
#   apt-get install r-base-core r-cran-metafor r-cran-jsonlite
#   Rscript tests/reference/escalc.R            compare with escalc.json; write nothing
#   Rscript tests/reference/escalc.R --write    rewrite escalc.json
#
# The inputs are made here, by rule: ordinary ones, unequal groups, tiny groups, values near the
# ends. No test needs R: it is only needed to see where the numbers come from.

suppressPackageStartupMessages({ library(metafor); library(jsonlite) })

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
file <- file.path(here, "escalc.json")

correlations <- expand.grid(
  ri = c(-0.999999, -0.9, -0.35, -0.01, 0, 0.13, 0.5, 0.97), ni = c(4, 5, 28, 103, 100000)
)

# Two groups: (n1, n2) from equal to very unequal, differences from none to six SDs.
sizes <- rbind(c(2, 2), c(3, 12), c(10, 20), c(25, 25), c(200, 7), c(5, 5000))
means <- expand.grid(size = seq_len(nrow(sizes)), m1i = c(-12, -1.5, 0, 0.3, 2, 9))
means$n1i <- sizes[means$size, 1]
means$n2i <- sizes[means$size, 2]
means$m2i <- 0
means$sd1i <- rep_len(c(1, 2.5, 0.4), nrow(means))
means$sd2i <- rep_len(c(2, 1, 1.1, 1.7), nrow(means))
means$size <- NULL

counts <- as.data.frame(rbind(
  c(5, 10, 8, 4), c(10, 10, 10, 10), c(1, 99, 50, 50), c(0, 12, 7, 9), c(30, 0, 2, 25),
  c(1, 1, 1, 2), c(2000, 13, 700, 4), c(3, 0, 0, 3)
))
names(counts) <- c("ai", "bi", "ci", "di")

changes <- expand.grid(m1i = c(-4, 0, 0.5, 11), ni = c(3, 4, 12, 400), ri = c(-0.6, 0, 0.5, 0.99))
changes$m2i <- 1
changes$sd1i <- rep_len(c(0.7, 2, 5), nrow(changes))

with_groups <- function(measure, ...) c(as.list(means), {
  e <- with(means, escalc(measure, m1i = m1i, sd1i = sd1i, n1i = n1i,
                          m2i = m2i, sd2i = sd2i, n2i = n2i, ...))
  list(yi = as.numeric(e$yi), vi = as.numeric(e$vi))
})
zcor <- with(correlations, escalc("ZCOR", ri = ri, ni = ni))
phi <- with(counts, escalc("PHI", ai = ai, bi = bi, ci = ci, di = di, add = 0, to = "none"))
smcr <- with(changes, escalc("SMCR", m1i = m1i, m2i = m2i, sd1i = sd1i, ni = ni, ri = ri))

exact <- list(
  made_with = list(metafor = as.character(packageVersion("metafor"))),
  ZCOR = c(as.list(correlations), list(yi = as.numeric(zcor$yi), vi = as.numeric(zcor$vi))),
  RPB = with_groups("RPB", vtype = "ST"),
  RBIS = with_groups("RBIS"),
  PHI = c(as.list(counts), list(yi = as.numeric(phi$yi), vi = as.numeric(phi$vi))),
  SMCR = c(as.list(changes), list(yi = as.numeric(smcr$yi), vi = as.numeric(smcr$vi)))
)
text <- toJSON(exact, digits = 15, auto_unbox = TRUE, na = "null")

if ("--write" %in% commandArgs(trailingOnly = TRUE)) {
  writeLines(text, file)
} else if (!identical(paste(readLines(file), collapse = "\n"), as.character(text))) {
  stop("escalc.json differs from what this R computes; see --write")
} else {
  cat("escalc.json is what this R computes\n")
}
