# Reference values of binomial-normal models of shares: tests/reference/refined/proportions.json.
# Run in the project folder: Rscript tests/reference/proportions.R
# Needs Debian's r-cran-metafor, r-cran-lme4 and r-cran-jsonlite; metadat's public data sets.
suppressMessages({library(metafor); library(lme4); library(jsonlite)})
# lme4 stops its inner iterations at 1e-7 by default, which moves the fifth decimal.
tight <- list(glmerCtrl = list(optimizer = "bobyqa", tolPwrss = 1e-10,
                               optCtrl = list(rhobeg = 1e-2, rhoend = 1e-10, maxfun = 1e5)))
fit <- function(xi, ni, group = NULL) {
  run <- function(test) {
    args <- list(measure = "PLO", xi = xi, ni = ni, nAGQ = 25, test = test, control = tight)
    if (!is.null(group)) args$mods <- group
    do.call(rma.glmm, args)
  }
  z <- run("z")
  t <- run("t")
  list(events = xi, totals = ni, group = group, estimate = as.numeric(z$beta),
       se = as.numeric(z$se), tau2 = z$tau2, wald_low = as.numeric(z$ci.lb),
       wald_high = as.numeric(z$ci.ub), t_low = as.numeric(t$ci.lb), t_high = as.numeric(t$ci.ub))
}
n <- dat.nielweise2007
b <- dat.bcg
sets <- list(
  pritz1997 = with(dat.pritz1997, fit(xi, ni)),
  nielweise2007_control = with(n, fit(ci, n2i)),
  nielweise2007_treated = with(n, fit(ai, n1i)),
  nielweise2007_both = with(n, fit(c(ai, ci), c(n1i, n2i), rep(c(1, 0), each = nrow(n)))),
  bcg_allocation = with(b, fit(tpos, tpos + tneg, as.numeric(alloc == "random")))
)
exact <- lapply(list(c(0, 10), c(3, 11), c(26, 54), c(41, 41)), function(s) {
  test <- binom.test(s[1], s[2])
  list(events = s[1], total = s[2], low = test$conf.int[1], high = test$conf.int[2])
})
versions <- list(metafor = as.character(packageVersion("metafor")),
                 lme4 = as.character(packageVersion("lme4")))
write_json(list(versions = versions, sets = sets, exact = exact),
           "tests/reference/refined/proportions.json", digits = 15, auto_unbox = TRUE, null = "null")
