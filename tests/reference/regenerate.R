# Recompute the reference values of this folder from Debian's R packages and compare them.
#
#   apt-get install r-base-core r-cran-metafor r-cran-metadat r-cran-clubsandwich \
#           r-cran-jsonlite r-cran-numderiv
#   Rscript tests/reference/regenerate.R            compare with the files here; write nothing
#   Rscript tests/reference/regenerate.R --write    also rewrite refined/small_studies.json
#   Rscript tests/reference/regenerate.R FOLDER     also write the recomputed files to FOLDER
#
# The effects start from the raw tables of metadat, not from the stored yi and vi.
# No test needs R: it is only needed to see where the numbers come from.

suppressPackageStartupMessages({
  library(metafor); library(metadat); library(clubSandwich); library(jsonlite)
})

args <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
write_refined <- "--write" %in% args
target <- setdiff(args, "--write")

# Thresholds far below metafor's defaults (1e-5 for tau2), which stop at the sixth decimal. Where
# Fisher scoring jumps to and fro for ever, shorter steps settle it.
tight_by <- function(method) {
  if (method %in% c("ML", "REML", "EB")) list(threshold = 1e-12, maxiter = 10000)
  else if (method == "PM") list(tol = 1e-13, maxiter = 10000)
  else list()
}
fit <- function(yi, vi, method = "REML", ...) {
  f <- try(rma(yi, vi, method = method, control = tight_by(method), ...), silent = TRUE)
  if (!inherits(f, "try-error")) return(f)
  rma(yi, vi, method = method, control = c(tight_by(method), stepadj = 0.5), ...)
}

# ---- effects, from the raw tables ----------------------------------------------------------------

data_of <- function(name) {
  box <- new.env()
  data(list = name, package = "metadat", envir = box)
  get(name, envir = box)
}
two_by_two <- function(name, measure) {
  escalc(measure, ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = data_of(name))
}

simple <- list(
  aloe2013 = function() {
    # r of a regression's t with its number of predictors: r^2 = t^2 / (t^2 + n - preds - 1)
    d <- data_of("dat.aloe2013")
    escalc("ZCOR", ri = tval / sqrt(tval^2 + n - preds - 1), ni = n, data = d)
  },
  bangert = function() data_of("dat.bangertdrowns2004"),
  bcg = function() escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = data_of("dat.bcg")),
  bcg_or = function() escalc("OR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = data_of("dat.bcg")),
  cohen1981 = function() escalc("ZCOR", ri = ri, ni = ni, data = data_of("dat.cohen1981")),
  collins1985b = function() escalc("OR", ai = pre.xti, n1i = pre.nti, ci = pre.xci, n2i = pre.nci,
                                   data = data_of("dat.collins1985b")),
  craft_ac = function() {
    d <- data_of("dat.craft2003")
    escalc("ZCOR", ri = ri, ni = ni, data = d[d$var1 == "acog" & d$var2 == "perf", ])
  },
  dagostino = function() {
    d <- data_of("dat.dagostino1998")
    d <- escalc("SMD", m1i = mt, sd1i = sdt, n1i = nt, m2i = mc, sd2i = sdc, n2i = nc, data = d)
    d[d$outcome == "rnic1" & !is.na(d$yi), ]
  },
  debruin = function() escalc("PLO", xi = xi, ni = ni, data = data_of("dat.debruin2009")),
  egger2001 = function() two_by_two("dat.egger2001", "OR"),
  graves2010 = function() two_by_two("dat.graves2010", "RR"),
  hart1999 = function() escalc("IRR", x1i = x1i, t1i = t1i, x2i = x2i, t2i = t2i,
                               data = data_of("dat.hart1999")),
  hine1989 = function() two_by_two("dat.hine1989", "RD"),
  laopaiboon = function() two_by_two("dat.laopaiboon2015", "RR"),
  lee2004 = function() two_by_two("dat.lee2004", "OR"),
  li2007 = function() two_by_two("dat.li2007", "OR"),
  lopez2019 = function() {
    d <- data_of("dat.lopez2019")
    data.frame(yi = d$diff, vi = d$se^2)
  },
  nielweise07 = function() two_by_two("dat.nielweise2007", "OR"),
  normand1999 = function() escalc("SMD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i,
                                  n2i = n2i, data = data_of("dat.normand1999")),
  pritz1997 = function() escalc("PLO", xi = xi, ni = ni, data = data_of("dat.pritz1997")),
  vanhowe = function() escalc("OR", ai = non.pos, bi = non.neg, ci = cir.pos, di = cir.neg,
                              data = data_of("dat.vanhowe1999")),
  viechtb2021 = function() escalc("OR", ai = xTi, n1i = nTi, ci = xCi, n2i = nCi,
                                  data = data_of("dat.viechtbauer2021"))
)

clustered <- list(
  assink2016 = function() { d <- data_of("dat.assink2016"); data.frame(d, cluster = d$study) },
  bornmann2007 = function() {
    d <- data_of("dat.bornmann2007")
    d <- escalc("OR", ai = waward, n1i = wtotal, ci = maward, n2i = mtotal, data = d)
    data.frame(d, cluster = d$study)
  },
  crede2010 = function() {
    d <- data_of("dat.crede2010")
    d <- escalc("ZCOR", ri = ri, ni = ni, data = d[d$criterion == "grade", ])
    data.frame(d, cluster = d$studyid)
  },
  knapp2017 = function() { d <- data_of("dat.knapp2017"); data.frame(d, cluster = d$study) },
  konstantopoulos2011 = function() {
    d <- data_of("dat.konstantopoulos2011"); data.frame(d, cluster = d$district)
  },
  obrien2003 = function() {
    d <- escalc("PLO", xi = cases, ni = total, data = data_of("dat.obrien2003"))
    data.frame(d, cluster = d$study)
  }
)

# ---- statistics of one simple data set -----------------------------------------------------------

pooled_row <- function(f) {
  p <- suppressWarnings(predict(f))
  list(estimate = f$beta[1], se = f$se, ci_low = f$ci.lb, ci_high = f$ci.ub, p = f$pval,
       tau2 = f$tau2, Q = f$QE, Q_df = f$k - 1, Q_p = f$QEp, I2 = f$I2, H2 = f$H2,
       pi_low = if (f$method == "FE") NA else p$pi.lb,
       pi_high = if (f$method == "FE") NA else p$pi.ub)
}
pooled <- function(yi, vi) {
  out <- list(FE = pooled_row(fit(yi, vi, "FE")))
  for (m in c("DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM")) {
    out[[paste0(m, "_z")]] <- pooled_row(fit(yi, vi, m))
    out[[paste0(m, "_knha")]] <- pooled_row(fit(yi, vi, m, test = "knha"))
  }
  for (m in c("DL", "REML")) {
    out[[paste0(m, "_adhoc")]] <- pooled_row(suppressWarnings(fit(yi, vi, m, test = "adhoc")))
  }
  out
}
regression <- function(yi, vi, mods, test) {
  f <- suppressWarnings(rma(yi, vi, mods = mods, test = test, control = tight_by("REML")))
  list(estimate = c(f$beta), se = f$se, p = f$pval, tau2 = f$tau2, QM = f$QM, QMp = f$QMp,
       QE = f$QE, R2 = f$R2, I2 = f$I2)
}
trimmed <- function(f, estimator, ...) {
  t <- suppressWarnings(trimfill(f, estimator = estimator, ...))
  list(k0 = t$k0, side = t$side, estimate = t$beta[1], se = t$se, ci_low = t$ci.lb,
       ci_high = t$ci.ub, tau2 = t$tau2)
}
interval_hc <- function(f, ...) {
  h <- hc(f, ...)
  list(estimate = h$beta, se = h$se, ci_low = h$ci.lb, ci_high = h$ci.ub, tau2 = h$tau2)
}
# The likelihood has several maxima: started at the fixed-effect and the random-effects mean.
selection <- function(yi, vi, alternative, steps = 0.025) {
  f <- fit(yi, vi, "ML")
  starts <- expand.grid(beta = c(weighted.mean(yi, 1 / vi), f$beta[1]),
                        tau2 = c(1e-4, f$tau2 + 1e-3), delta = c(0.05, 0.5, 5))
  more <- length(steps) - 1
  best <- NULL
  for (method in c("BFGS", "Nelder-Mead")) for (row in seq_len(nrow(starts))) {
    s <- try(suppressWarnings(selmodel(
      f, type = "stepfun", steps = steps, alternative = alternative, skipintcheck = TRUE,
      skiphet = TRUE, control = list(
        beta.init = starts$beta[row], tau2.init = starts$tau2[row],
        delta.init = c(1, rep(starts$delta[row], 1 + more)), optimizer = method, maxit = 2000
      )
    )), silent = TRUE)
    if (!inherits(s, "try-error") && (is.null(best) || s$ll > best$ll)) best <- s
  }
  list(estimate = best$beta[1], se = best$se, tau2 = best$tau2, delta = best$delta,
       log_likelihood = best$ll, lrt = best$LRT, lrt_p = best$LRTp)
}

reference <- function(name, d) {
  yi <- as.numeric(d$yi); vi <- as.numeric(d$vi); k <- length(yi)
  f <- fit(yi, vi)
  bounds <- confint(f, control = list(tol = 1e-13, maxiter = 10000))$random
  left <- leave1out(f)
  flu <- influence(f)
  mixed <- regtest(f); line <- regtest(f, model = "lm")
  rank <- suppressWarnings(ranktest(f))
  steps <- lapply(seq_len(k), function(i) fit(yi[1:i], vi[1:i]))
  shrunken <- blup(f)
  q <- baujat(fit(yi, vi, "FE"))
  x <- seq(-1, 1, length.out = k)
  g <- rep(c("a", "b", "c"), length.out = k)
  out <- list(
    dataset = name, k = k, yi = yi, vi = vi, pooled = pooled(yi, vi),
    tau2_ci_qprofile = unname(bounds["tau^2", 2:3]), I2_ci = unname(bounds["I^2(%)", 2:3]),
    leave1out = list(estimate = left$estimate, se = left$se, tau2 = left$tau2, Q = left$Q),
    influence = list(
      rstudent = flu$inf$rstudent, dffits = flu$inf$dffits, cook_d = flu$inf$cook.d,
      cov_r = flu$inf$cov.r, tau2_del = flu$inf$tau2.del, QE_del = flu$inf$QE.del,
      hat = flu$inf$hat, weight = flu$inf$weight, dfbetas = flu$dfbs[[1]]
    ),
    egger_mixed = list(stat = mixed$zval, p = mixed$pval, limit = unname(mixed$est)),
    egger_lm = list(stat = line$zval, p = line$pval, df = line$dfs, limit = unname(line$est)),
    begg = list(tau = unname(rank$tau), p = rank$pval),
    trimfill_L0 = trimmed(f, "L0"), trimfill_R0 = trimmed(f, "R0"),
    pet = regression(yi, vi, sqrt(vi), "knha")[1:4], peese = regression(yi, vi, vi, "knha")[1:4]
  )
  if (k <= 80) for (a in c("greater", "less")) {
    out[[paste0("selection_3psm_", a)]] <- selection(yi, vi, a)
  }
  c(out, list(
    failsafe_rosenthal = fsn(yi, vi)$fsnum,
    henmi_copas = interval_hc(f),
    cumulative = list(estimate = sapply(steps, function(s) s$beta[1]), se = sapply(steps, `[[`, "se"),
                      tau2 = sapply(steps, `[[`, "tau2")),
    blup = list(pred = shrunken$pred, se = shrunken$se, pi_low = shrunken$pi.lb,
                pi_high = shrunken$pi.ub),
    baujat_fe = list(x = q$x, y = q$y),
    metareg_linear = c(list(x = x), regression(yi, vi, x, "knha")),
    metareg_factor = c(list(g = g), regression(yi, vi, model.matrix(~ factor(g))[, -1], "z")[-9])
  ))
}

# What the files' own calls leave at metafor's default tolerances: the fits inside trimfill()
# (threshold 1e-5) and the root of hc() (1e-4).
# Beside them, selection models with two steps, where each interval holds an effect.
refined <- function(d) {
  yi <- as.numeric(d$yi); vi <- as.numeric(d$vi)
  f <- fit(yi, vi)
  two <- list()
  if (length(yi) <= 80) for (a in c("greater", "less")) {
    p <- pnorm(yi / sqrt(vi), lower.tail = a == "less")
    if (all(table(cut(p, c(-1, 0.025, 0.5, 1))) > 0)) {
      two[[paste0("selection_025_50_", a)]] <- selection(yi, vi, a, c(0.025, 0.5))
    }
  }
  c(list(trimfill_L0 = trimmed(f, "L0", control = tight_by("REML")),
         trimfill_R0 = trimmed(f, "R0", control = tight_by("REML")),
         henmi_copas = interval_hc(f, control = list(tol = 1e-13))), two)
}

# ---- statistics of one clustered data set --------------------------------------------------------

clustered_reference <- function(name, d) {
  yi <- as.numeric(d$yi); vi <- as.numeric(d$vi)
  cluster <- match(d$cluster, unique(d$cluster)); id <- seq_along(yi)
  exact <- list(reltol = 1e-13)
  multi <- function(V) rma.mv(yi, V, random = ~ 1 | cluster / id, control = exact)
  robust <- function(f) {
    t <- coef_test(f, vcov = "CR2", cluster = cluster, test = "Satterthwaite")
    list(se = t$SE, df = if (is.null(t$df_Satt)) t$df else t$df_Satt,
         p = if (is.null(t$p_Satt)) t$p_val else t$p_Satt)
  }
  block <- function(rho) vcalc(vi, cluster = cluster, obs = id, rho = rho)
  composite <- function(rho) {
    V <- block(rho)
    rows <- lapply(split(id, cluster), function(i) {
      w <- solve(V[i, i, drop = FALSE]); list(yi = sum(w %*% yi[i]) / sum(w), vi = 1 / sum(w))
    })
    list(yi = unname(sapply(rows, `[[`, "yi")), vi = unname(sapply(rows, `[[`, "vi")))
  }
  three <- multi(vi); che <- multi(block(0.6))
  list(
    dataset = name, k = length(yi), m = max(cluster), yi = yi, vi = vi, cluster = cluster,
    three_level = list(estimate = three$beta[1], se = three$se, sigma2_between = three$sigma2[1],
                       sigma2_within = three$sigma2[2], logLik = as.numeric(logLik(three))),
    three_level_CR2 = robust(three),
    che_rho06 = list(estimate = che$beta[1], se = che$se, sigma2_between = che$sigma2[1],
                     sigma2_within = che$sigma2[2]),
    che_rho06_CR2 = robust(che),
    aggregate = list(rho_0 = composite(0), rho_0.6 = composite(0.6))
  )
}

# ---- comparison ----------------------------------------------------------------------------------

# Largest differences allowed; the first pattern that fits a value's path counts. Differences are
# divided by 1 + |stored value|.
allowed <- c(
  "selection_.*(log_likelihood|lrt)" = 2e-3, "selection_" = 1e-2,
  "three_level|che_rho06" = 2e-5, "tau2_ci_qprofile|I2_ci" = 1e-6, "henmi_copas" = 1e-7,
  "." = 1e-8
)
limit_of <- function(path) allowed[[which(sapply(names(allowed), grepl, path))[1]]]

differences <- function(stored, found, path = "") {
  if (is.list(stored)) {
    unlist(lapply(names(stored), function(n) {
      differences(stored[[n]], found[[n]], paste0(path, "/", n))
    }))
  } else if (is.numeric(stored) && is.numeric(found) && length(stored) == length(found)) {
    setNames(max(c(0, abs(stored - found) / (1 + abs(stored))), na.rm = TRUE) +
             (if (any(is.na(stored) != is.na(found))) Inf else 0), path)
  } else if (is.character(stored) || all(is.na(stored))) {
    same <- all(is.na(stored)) && (is.null(found) || all(is.na(found))) || identical(c(stored), c(found))
    setNames(if (same) 0 else Inf, path)
  } else setNames(Inf, path)
}

# A weight at its bound, or a flat likelihood, does not pin the other parameters down.
soft <- function(stored) {
  for (a in c("selection_3psm_greater", "selection_3psm_less")) {
    d <- stored[[a]]$delta[2]
    if (!is.null(d) && (d < 0.01 || d > 50)) stored[[a]] <- stored[[a]]["log_likelihood"]
    # Where an interval is empty its weight runs to a bound, and where it stops does not matter.
    stored[[a]]$se <- stored[[a]]$delta <- NULL
  }
  stored
}

pdf(NULL)
worst <- c(); failed <- 0; exact <- list()
check <- function(file, found) {
  stored <- soft(fromJSON(file.path(here, file)))
  stored$source <- NULL
  delta <- differences(stored, found)
  bad <- delta[delta > sapply(names(delta), limit_of)]
  for (n in names(bad)) cat(sprintf("DIFFERS  %s%s  by %.2g\n", file, n, bad[[n]]))
  failed <<- failed + length(bad)
  for (n in names(delta)) worst[n] <<- max(worst[n], delta[[n]], na.rm = TRUE)
  cat(sprintf("%-28s %3d entries, %d differ\n", file, length(delta), length(bad)))
  if (length(target)) {
    write_json(found, file.path(target, file), digits = 15, auto_unbox = TRUE, null = "null", na = "null")
  }
}
for (name in names(simple)) {
  d <- simple[[name]]()
  check(paste0(name, ".json"), reference(name, d))
  exact[[name]] <- refined(d)
}
for (name in names(clustered)) {
  check(paste0("ml_", name, ".json"), clustered_reference(name, clustered[[name]]()))
}
cat("\nLargest difference, divided by 1 + |value|, over all files:\n")
heads <- sub("^/([^/]+)(/[^/]+)?.*$", "\\1", names(worst))
for (h in unique(heads)) cat(sprintf("  %-24s %.1e\n", h, max(worst[heads == h])))

refined_file <- file.path(here, "refined", "small_studies.json")
if (write_refined) {
  dir.create(dirname(refined_file), showWarnings = FALSE)
  writeLines(toJSON(exact, digits = 15, auto_unbox = TRUE, pretty = 1), refined_file)
} else {
  delta <- differences(fromJSON(refined_file), exact)
  cat(sprintf("\nrefined/small_studies.json: largest difference %.1e\n", max(delta)))
  failed <- failed + sum(delta > sapply(names(delta), limit_of))
}
cat(if (failed) sprintf("\n%d values differ.\n", failed) else "\nAll values agree.\n")
quit(status = failed > 0)
