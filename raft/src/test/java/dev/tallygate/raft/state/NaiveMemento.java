package dev.tallygate.raft.state;

import dev.tallygate.raft.state.NaiveState.Answered;
import dev.tallygate.raft.state.NaiveState.Charge;
import dev.tallygate.raft.state.NaiveState.Grant;
import dev.tallygate.raft.state.NaiveState.Holding;
import dev.tallygate.raft.state.NaiveState.Org;
import dev.tallygate.raft.state.NaiveState.Stock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Everything of {@link NaiveState} that an Allocate may change, as it was at a moment. */
final class NaiveMemento {
  private final Org org;
  private final long position;
  private final long stocksMade;
  private final Map<String, Long> subjects;
  private final List<Stock> stocks;
  private final List<Holding> holdings;
  private final List<Answered> answered;
  private final List<Runnable> changes = new ArrayList<>();

  NaiveMemento(NaiveState state, Org org) {
    this.org = org;
    position = org.position;
    stocksMade = org.stocksMade;
    subjects = new HashMap<>(org.subjects);
    stocks = List.copyOf(state.stocks);
    holdings = List.copyOf(state.holdings);
    answered = List.copyOf(state.answered);
    stocks.forEach(this::keep);
    for (Holding holding : holdings) {
      keep(holding);
      keep(holding.grant);
    }
  }

  private void keep(Stock stock) {
    List<Charge> charges = List.copyOf(stock.charges);
    long overage = stock.overage;
    long overageSince = stock.overageSince;
    int raised = stock.raised;
    long raises = stock.raises;
    long windowStart = stock.windowStart;
    long windowEnd = stock.windowEnd;
    changes.add(
        () -> {
          stock.charges.clear();
          stock.charges.addAll(charges);
          stock.overage = overage;
          stock.overageSince = overageSince;
          stock.raised = raised;
          stock.raises = raises;
          stock.windowStart = windowStart;
          stock.windowEnd = windowEnd;
        });
  }

  private void keep(Holding holding) {
    Grant grant = holding.grant;
    NaiveState.Standing standing = holding.standing;
    long ttlEnds = holding.ttlEnds;
    long ends = holding.ends;
    long wakes = holding.wakes;
    long used = holding.used;
    List<String> labels = holding.labels;
    changes.add(
        () -> {
          holding.grant = grant;
          holding.standing = standing;
          holding.ttlEnds = ttlEnds;
          holding.ends = ends;
          holding.wakes = wakes;
          holding.used = used;
          holding.labels = labels;
        });
  }

  private void keep(Grant grant) {
    var end = grant.end;
    long charged = grant.charged;
    changes.add(
        () -> {
          grant.end = end;
          grant.charged = charged;
        });
  }

  void restore(NaiveState state) {
    for (Stock stock : state.stocks) {
      if (stocks.contains(stock)) continue;
      stock.charges.clear();
      stock.overage = 0;
      stock.overageSince = 0;
    }
    org.position = position;
    org.stocksMade = stocksMade;
    org.subjects.clear();
    org.subjects.putAll(subjects);
    state.stocks.clear();
    state.stocks.addAll(stocks);
    state.holdings.clear();
    state.holdings.addAll(holdings);
    state.answered.clear();
    state.answered.addAll(answered);
    changes.forEach(Runnable::run);
  }
}
