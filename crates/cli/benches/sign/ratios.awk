# The lines that `run` has kept, as ratios of ours to theirs: medians of all rounds, and the limit.
BEGIN { FS = "\t"; peer = "rpmsign-rpmv3" }
{ n = ++rounds[$1, $2]; cpu[$1, $2, n] = $3; wall[$1, $2, n] = $4; if ($5 > peak[$1, $2]) peak[$1, $2] = $5 }

function median(values, what, side,    n, i, j, other, sorted) {
    n = rounds[what, side]
    for (i = 1; i <= n; i++) sorted[i] = values[what, side, i]
    for (i = 1; i <= n; i++)
        for (j = i + 1; j <= n; j++)
            if (sorted[j] < sorted[i]) { other = sorted[i]; sorted[i] = sorted[j]; sorted[j] = other }
    return sorted[int((n + 1) / 2)]
}

function line(name, ours, theirs, limit) {
    printf "%-28s %12.2f %12.2f %8.3f", name, ours, theirs, theirs ? ours / theirs : 0
    if (limit == "") print ""
    else printf " %6.2f %s\n", limit, ours <= limit * theirs ? "ok" : "over"
}

END {
    printf "%-28s %12s %12s %8s %6s\n", "", "xen4centos", "rpmsign", "ratio", "limit"
    split("small large", cases, " ")
    for (i = 1; i <= 2; i++) {
        what = cases[i]
        line(what ", seconds of CPU", median(cpu, what, "xen4centos"), median(cpu, what, peer), i == 1 ? 0.2 : "")
        line(what ", seconds of wall", median(wall, what, "xen4centos"), median(wall, what, peer))
        line(what ", peak kB", peak[what, "xen4centos"], peak[what, peer])
    }
    line("peak kB, large to small", peak["large", "xen4centos"], peak["small", "xen4centos"], 1.25)
}
