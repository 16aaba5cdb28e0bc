/* Pooling in the page: REML with Knapp-Hartung, and the censored model, as the package has them.
   Rows are { lower, upper, n, outside, sample }; bounds are correlations, equal for a coefficient. */
var Pooling = (function () {
  "use strict";
  var LOG_2PI = Math.log(2 * Math.PI), ROOT_2PI = Math.sqrt(2 * Math.PI), NORMAL = 1.959963984540054;
  var REACH = 8.5, STEP = 0.8, EDGE = 12, LEAST = 0.02, SCAN = 25, DEPTH = 3, ABOVE = 1e-9, FAR = 30;

  /* erfc(x) exp(x^2) for x >= 0 and erf, after Cody (1969, Mathematics of Computation 23, 631-637). */
  var A = [1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3],
    B = [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3],
    C = [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
      8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3],
    D = [1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
      3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3],
    P = [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
      1.60837851487422766e-2, 6.58749161529837803e-4],
    Q = [1, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3];

  function fraction(above, below, x) {
    var top = above[0], bottom = below[0], i;
    for (i = 1; i < above.length; i += 1) { top = top * x + above[i]; bottom = bottom * x + below[i]; }
    return top / bottom;
  }
  function erfcx(x) {
    if (x < 0.5) return Math.exp(x * x) * (1 - erf(x));
    if (x <= 4) return fraction(C, D, x);
    if (x === Infinity) return 0;
    var z = 1 / (x * x);
    return (1 / Math.sqrt(Math.PI) - z * fraction(P, Q, z)) / x;
  }
  function erf(x) {
    var size = Math.abs(x);
    if (size < 0.5) return x * fraction(A, B, x * x);
    return size > 6 ? Math.sign(x) : Math.sign(x) * (1 - Math.exp(-x * x) * erfcx(size));
  }
  function lower(u) {
    var tail = u * u > 1480 ? 0 : 0.5 * Math.exp(-0.5 * u * u) * erfcx(Math.abs(u) / Math.SQRT2);
    return u < 0 ? tail : 1 - tail;
  }

  /* The quantile of t by the finite series for its distribution (Abramowitz and Stegun 26.7.3-4). */
  function tInside(t, df) {
    var angle = Math.atan(t / Math.sqrt(df)), s = Math.sin(angle), c = Math.cos(angle), odd = df % 2 === 1;
    var term = odd ? c : 1, sum = df === 1 ? 0 : term, i;
    for (i = odd ? 3 : 2; i <= df - 2; i += 2) { term *= c * c * (i - 1) / i; sum += term; }
    return odd ? 2 / Math.PI * (angle + s * sum) : s * sum;
  }
  function tQuantile(df) {
    var low = 0, high = 13, i;
    for (i = 0; i < 80; i += 1) {
      var middle = 0.5 * (low + high);
      if (tInside(middle, df) < 0.95) low = middle; else high = middle;
    }
    return high;
  }

  /* The zero of a function that is above zero at low and taken as below it at high. */
  function solve(slope, low, high, width) {
    var atLow = slope(low), atHigh = NaN, i, at, x, last = 0;
    for (i = 0; i < 200 && high - low > width * (1 + Math.abs(low) + Math.abs(high)); i += 1) {
      x = low + (high - low) * atLow / (atLow - atHigh);
      if (!(x > low && x < high) || i % 3 === 2) x = 0.5 * (low + high);
      at = slope(x);
      if (at === 0) return x;
      if (at > 0) { low = x; atLow = at; if (last > 0 && atHigh < 0) atHigh *= 0.5; last = 1; }
      else { high = x; atHigh = at; if (last < 0) atLow *= 0.5; last = -1; }
    }
    return 0.5 * (low + high);
  }

  /* Random effects by REML (Viechtbauer 2005), the interval by Knapp and Hartung (2003). */
  function reml(yi, vi) {
    var k = yi.length, grid = [0], spread = Math.max.apply(null, yi) - Math.min.apply(null, yi), tau2 = 0;
    function at(t) {
      var w = 0, ww = 0, wy = 0, logs = 0, q = 0, wq = 0, i, one;
      for (i = 0; i < k; i += 1) {
        one = 1 / (vi[i] + t); w += one; ww += one * one; wy += one * (yi[i] - yi[0]); logs -= Math.log(one);
      }
      var shift = wy / w;
      for (i = 0; i < k; i += 1) {
        one = 1 / (vi[i] + t);
        var square = one * Math.pow(yi[i] - yi[0] - shift, 2);
        q += square; wq += one * square;
      }
      return { mean: yi[0] + shift, weight: w, q: q, value: -0.5 * (logs + Math.log(w) + q), slope: 0.5 * (wq - w + ww / w) };
    }
    var step = 1e-3 * Math.min.apply(null, vi);
    while (k > 1 && step < 4 * (spread * spread + Math.max.apply(null, vi))) { grid.push(step); step *= 1.5; }
    var heights = grid.map(function (t) { return at(t).value; }), best = heights.indexOf(Math.max.apply(null, heights));
    if (k > 1 && best === 0 && at(0).slope > 0) tau2 = solve(function (t) { return at(t).slope; }, 0, grid[1], 1e-16);
    else if (best > 0) {
      var first = at(grid[best]).slope > 0 ? best : best - 1;
      tau2 = solve(function (t) { return at(t).slope; }, grid[first], grid[first + 1] || 2 * grid[first], 1e-16);
    }
    var end = at(tau2), model = Math.sqrt(1 / end.weight), half = NaN, se = model;
    if (k > 1) { se = model * Math.sqrt(end.q / (k - 1)); half = tQuantile(k - 1) * se; }
    /* A headline takes the wider of Knapp-Hartung and Wald. */
    var wide = half >= NORMAL * model ? half : NORMAL * model;
    return {
      estimate: end.mean, se: se, tau2: tau2, ciLow: end.mean - half, ciHigh: end.mean + half,
      wideLow: end.mean - wide, wideHigh: end.mean + wide, k: k
    };
  }

  /* log P and its ratios P'/P, P''/P in mu, of a row { z } or { pieces } whose z is N(mu, s^2). */
  function interval(low, high, mu, s) {
    var a = (low - mu) / s, b = (high - mu) / s, turned = a < -b, swap;
    if (turned) { swap = -a; a = -b; b = swap; }
    var beyond = a > 0, anchor = beyond ? a : 0, fall = Math.exp(-0.5 * (b - anchor) * (b + anchor));
    var p = 0.5 * (beyond ? erfcx(a / Math.SQRT2) - erfcx(b / Math.SQRT2) * fall : erf(b / Math.SQRT2) - erf(a / Math.SQRT2));
    var far = fall / (ROOT_2PI * p), near = (beyond ? 1 : Math.exp(-0.5 * a * a)) / (ROOT_2PI * p);
    return [
      Math.log(p) - 0.5 * anchor * anchor,
      (turned ? -1 : 1) * (near - far) / s,
      ((isFinite(a) ? a * near : 0) - (isFinite(b) ? b * far : 0)) / (s * s)
    ];
  }
  function tell(row, mu, s) {
    if (row.exact) {
      var u = (row.z - mu) / s;
      return [-0.5 * (u * u + LOG_2PI) - Math.log(s), u / s, (u * u - 1) / (s * s)];
    }
    var parts = row.pieces.map(function (piece) { return interval(piece[0], piece[1], mu, s); });
    return parts.length === 1 ? parts[0] : average(parts);
  }
  function average(parts) {
    var top = -Infinity, total = 0, one = 0, two = 0;
    parts.forEach(function (part) { if (part[0] > top) top = part[0]; });
    if (top === -Infinity) return [top, 0, 0];
    parts.forEach(function (part) {
      var share = Math.exp(part[0] - top);
      if (share > 0) { total += share; one += share * part[1]; two += share * part[2]; }
    });
    return [top + Math.log(total), one / total, two / total];
  }

  /* Coefficients of one sample are one point: its mean, best weighted, and the constant beside it. */
  function composite(rows, rho) {
    var m = rows.length, root = rows.map(function (row) { return 1 / Math.sqrt(row.v); });
    function mean(x) { return x.reduce(function (sum, value) { return sum + value; }, 0) / m; }
    function product(x, y) {
      var mx = mean(x), my = mean(y), apart = 0;
      x.forEach(function (value, i) { apart += (value - mx) * (y[i] - my); });
      return apart / (1 - rho) + m * mx * my / (1 + (m - 1) * rho);
    }
    if (m === 1) return { z: rows[0].z, v: rows[0].v, constant: 0 };
    var information = product(root, root);
    var z = rows[0].z + product(root, rows.map(function (row, i) { return root[i] * (row.z - rows[0].z); })) / information;
    var rest = rows.map(function (row, i) { return root[i] * (row.z - z); });
    var logs = rows.reduce(function (sum, row) { return sum + Math.log(row.v); }, 0);
    logs += (m - 1) * Math.log1p(-rho) + Math.log1p((m - 1) * rho);
    return {
      z: z, v: 1 / information,
      constant: -0.5 * ((m - 1) * LOG_2PI + logs + product(rest, rest) + Math.log(information))
    };
  }

  /* A sample of several rows, some of them ranges. Given theta it is an integral over the error its
     rows share; tabulated in theta, its slope integrates against the normal of theta by parts. */
  function joint(rows, rho) {
    var m = rows.length, sharp = m * rho / (1 - rho), count = rho ? Math.ceil(2 * REACH * Math.sqrt(1 + sharp) / STEP) + 1 : 1;
    var nodes = [], i, mean = 0, square = 0;
    for (i = 0; i < count; i += 1) {
      var u = count === 1 ? 0 : -REACH + 2 * REACH * i / (count - 1);
      nodes.push([u, count === 1 ? 0 : -0.5 * (u * u + LOG_2PI) + Math.log(2 * REACH / (count - 1))]);
    }
    rows.forEach(function (row) { mean += 1 / Math.sqrt(row.v); square += 1 / row.v; });
    var precision = (square - rho / (1 + (m - 1) * rho) * mean * mean) / (1 - rho), least = LEAST / precision;
    var table = null, made = {};

    function given(theta) {
      return average(nodes.map(function (node) {
        var sum = node[1], one = 0, two = 0, j, part;
        for (j = 0; j < m; j += 1) {
          part = tell(rows[j], theta + Math.sqrt(rho * rows[j].v) * node[0], Math.sqrt((1 - rho) * rows[j].v));
          two += part[2] + 2 * one * part[1];
          sum += part[0]; one += part[1];
        }
        return [sum, one, two];
      }));
    }
    function tabulate() {
      var h = STEP / Math.sqrt(1 / least + precision), shift = -Infinity, mass = 0, place = 0;
      var limits = [-Infinity, Infinity].map(function (end, side) {
        var reaches = rows.every(function (row) {
          return !row.exact && row.pieces.some(function (piece) { return piece[side] === end; });
        });
        if (reaches) shift = 0;
        return reaches ? 1 : 0;
      });
      // Between bounds far apart, too: rows that contradict one another meet there.
      var start = Infinity, stop = -Infinity;
      rows.forEach(function (row) {
        var ends = row.exact ? [row.z] : [].concat.apply([], row.pieces).filter(isFinite), reach = EDGE * Math.sqrt(row.v);
        ends.forEach(function (end) {
          start = Math.min(start, end - reach); stop = Math.max(stop, end + reach);
        });
      });
      for (var j = Math.floor(start / h); j <= Math.ceil(stop / h); j += 1) made[j] = given(j * h);
      var points = Object.keys(made).map(function (key) {
        shift = Math.max(shift, made[key][0]);
        return [key * h, made[key]];
      }).map(function (point) {
        var weight = Math.exp(point[1][0] - shift) * point[1][1] * h;
        mass += Math.abs(weight); place += Math.abs(weight) * point[0];
        return [point[0], weight];
      });
      return { points: points, left: limits[0] * Math.exp(-shift), right: limits[1] * Math.exp(-shift), shift: shift, centre: mass ? place / mass : 0 };
    }
    return function (mu, tau2) {
      var tau = Math.sqrt(tau2);
      if (tau2 === 0) return given(mu);
      if (tau2 < least) {
        var parts = [], width = STEP / 1.02, x;
        for (x = -11; x <= 11; x += 1) {
          var part = given(mu + tau * x * width);
          parts.push([part[0] - 0.5 * (x * x * width * width + LOG_2PI) + Math.log(width), part[1], part[2]]);
        }
        return average(parts);
      }
      table = table || tabulate();
      var below = mu < table.centre, p = below ? table.left : table.right, one = 0, two = 0;
      table.points.forEach(function (point) {
        var u = (mu - point[0]) / tau, phi = Math.exp(-0.5 * u * u) / ROOT_2PI;
        p += point[1] * (below ? lower(u) : -lower(-u));
        one += point[1] * phi; two -= point[1] * u * phi;
      });
      return p > 0 ? [Math.log(p) + table.shift, one / (p * tau), two / (p * tau2)] : [-Infinity, 0, 0];
    };
  }

  function arrange(rows, rho) {
    var samples = new Map(), open = { up: 0, down: 0, closed: 0 }, parts = [], constant = 0;
    rows.forEach(function (row) {
      var low = Math.atanh(row.lower), high = Math.atanh(row.upper), exact = row.lower === row.upper;
      if (!samples.has(row.sample)) samples.set(row.sample, []);
      samples.get(row.sample).push({
        exact: exact, z: low, v: 1 / (row.n - 3),
        pieces: row.outside
          ? [[-Infinity, low], [high, Infinity]].filter(function (piece) { return piece[0] < piece[1]; })
          : [[low, high]],
        up: row.outside ? row.upper < 1 : row.upper === 1, down: row.outside ? row.lower > -1 : row.lower === -1
      });
    });
    samples.forEach(function (members) {
      var up = members.every(function (row) { return row.up; }), down = members.every(function (row) { return row.down; });
      if (up && !down) open.up += 1; else if (down && !up) open.down += 1; else if (!up) open.closed += 1;
      if (members.every(function (row) { return row.exact; })) {
        var point = composite(members, rho);
        constant += point.constant;
        parts.push(function (mu, tau2) { return tell({ exact: true, z: point.z }, mu, Math.sqrt(tau2 + point.v)); });
      } else if (members.length === 1) {
        parts.push(function (mu, tau2) { return tell(members[0], mu, Math.sqrt(tau2 + members[0].v)); });
      } else parts.push(joint(members, rho));
    });
    return {
      open: open, samples: samples.size,
      /* The log-likelihood and its slopes in mu and tau2: as theta is normal, that in tau2 is P''/2P. */
      at: function (mu, tau2) {
        var sums = [constant, 0, 0];
        parts.forEach(function (part) {
          var found = part(mu, tau2);
          sums[0] += found[0]; sums[1] += found[1]; sums[2] += 0.5 * found[2];
        });
        return sums;
      }
    };
  }

  /* Where the profile tends to as mu leaves: an open sample has probability Phi(c) or Phi(-c). */
  function limit(open, side) {
    var along = side > 0 ? open.up : open.down, against = side > 0 ? open.down : open.up;
    if (open.closed) return -Infinity;
    if (!(along + against)) return 0;
    var share = Math.max(0.5, along / (along + against));
    return (along ? along * Math.log(share) : 0) + (against ? against * Math.log(1 - share) : 0);
  }

  /* The censored model: maximum and profile-likelihood interval in mu, tau2 at its best. */
  function censored(rows, rho) {
    var model = arrange(rows, rho), ends = [], sds = rows.map(function (row) { return 1 / Math.sqrt(row.n - 3); });
    rows.forEach(function (row) { ends.push(Math.atanh(row.lower), Math.atanh(row.upper)); });
    ends = ends.filter(isFinite);
    var start = ends.length ? Math.min.apply(null, ends) : 0, stop = ends.length ? Math.max.apply(null, ends) : 0;
    var smallest = Math.min.apply(null, sds), largest = Math.max.apply(null, sds);
    var drop = 0.5 * NORMAL * NORMAL, closed = model.open.closed > 0;

    function best(mu) {
      var far = Math.max(mu - start, stop - mu) + largest, count = Math.ceil(Math.log2(2 * far / smallest)) + 2;
      var most = closed ? Infinity : count + 6, grid = [0], values = [model.at(mu, 0)[0]], top = 0, i;
      for (i = 0; i < count || (top === count && count < most); i += 1) {
        count = Math.max(count, i + 1);
        grid.push(Math.pow(0.5 * smallest * Math.pow(2, i), 2));
        values.push(model.at(mu, grid[i + 1])[0]);
        if (values[i + 1] > values[top]) top = i + 1;
      }
      function slope(tau2) { return model.at(mu, tau2)[2]; }
      var tau2 = grid[top];
      /* Where the likelihood rises with tau2 without end, the last of the grid stands. */
      if (top < count) {
        var rising = slope(grid[top]) > 0;
        if (top > 0 || rising) {
          tau2 = solve(slope, grid[rising ? top : top - 1], grid[rising ? top + 1 : top], 1e-13 * smallest * smallest);
        }
      }
      var found = model.at(mu, tau2);
      if (found[0] < values[top]) { tau2 = grid[top]; found = model.at(mu, tau2); }
      return { mu: mu, tau2: tau2, value: found[0], slope: found[1] };
    }

    var scan = [], i;
    for (i = 0; i < SCAN; i += 1) scan.push(best(start - 2 * largest + i * (stop - start + 4 * largest) / (SCAN - 1)));
    var highest = Math.max.apply(null, scan.map(function (point) { return point.value; }));
    var limits = [limit(model.open, -1), limit(model.open, 1)], ceiling = Math.max(limits[0], limits[1]);

    function climb(from) {
      var low = scan[Math.max(from - 1, 0)], high = scan[Math.min(from + 1, SCAN - 1)], pace = scan[1].mu - scan[0].mu;
      while (high.slope > 0 || low.slope < 0) {
        if (high.slope > 0) { low = high; high = best(high.mu + pace); } else { high = low; low = best(low.mu - pace); }
        pace *= 2;
        if (pace > 2 * FAR * (1 + stop - start)) return null;
      }
      return best(solve(function (mu) { return best(mu).slope; }, low.mu, high.mu, 1e-13));
    }
    var peaks = [];
    if (highest > ceiling + ABOVE) scan.forEach(function (point, j) {
      var before = j ? scan[j - 1].value : -Infinity, after = j < SCAN - 1 ? scan[j + 1].value : -Infinity;
      if (point.value < before || point.value <= after || point.value <= highest - DEPTH) return;
      var peak = climb(j);
      if (peak && peak.value > ceiling + ABOVE) peaks.push(peak);
    });
    peaks.sort(function (a, b) { return b.value - a.value; });
    var top = peaks[0] || { mu: NaN, tau2: NaN, value: ceiling };
    if (peaks.some(function (peak) { return top.value - peak.value < ABOVE && Math.abs(peak.mu - top.mu) > 1e-6 * smallest; })) {
      top = { mu: NaN, tau2: NaN, value: top.value };
    }

    var interval = [-1, 1].map(function (side, place) {
      var target = top.value - drop, pace = smallest, tries = 0;
      if (!(limits[place] < target)) return side * Infinity;
      var known = scan.filter(function (point) { return point.value >= target; }).map(function (point) { return point.mu; });
      if (isFinite(top.mu)) known.push(top.mu);
      var inside = side > 0 ? Math.max.apply(null, known) : Math.min.apply(null, known);
      for (inside = known.length ? inside : scan[side > 0 ? 0 : SCAN - 1].mu; !known.length && best(inside).value < target && tries < 60; tries += 1)
        inside -= side * Math.abs(inside - 0.5 * (scan[0].mu + scan[SCAN - 1].mu));
      while (best(inside + side * pace).value >= target) { inside += side * pace; pace *= 2; }
      return inside + side * solve(function (way) { return best(inside + side * way).value - target; }, 0, pace, 1e-13);
    });
    var bounded = isFinite(top.mu) && isFinite(interval[0]) && isFinite(interval[1]);
    return {
      estimate: bounded ? top.mu : NaN, tau2: bounded ? top.tau2 : NaN, logLikelihood: top.value,
      ciLow: interval[0], ciHigh: interval[1], bounded: bounded, samples: model.samples
    };
  }

  /* One composite a sample of the rows with a coefficient, for `reml`. */
  function composites(rows, rho) {
    var samples = new Map(), yi = [], vi = [];
    rows.forEach(function (row) {
      if (row.lower !== row.upper) return;
      if (!samples.has(row.sample)) samples.set(row.sample, []);
      samples.get(row.sample).push({ z: Math.atanh(row.lower), v: 1 / (row.n - 3) });
    });
    samples.forEach(function (members) {
      var point = composite(members, rho);
      yi.push(point.z); vi.push(point.v);
    });
    return { yi: yi, vi: vi };
  }
  return { censored: censored, composites: composites, reml: reml };
})();
