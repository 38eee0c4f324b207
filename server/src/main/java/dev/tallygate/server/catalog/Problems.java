package dev.tallygate.server.catalog;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What is wrong with one text: so many problems, and no more, are kept. One thread. */
final class Problems {
  private final List<Problem> problems = new ArrayList<>();

  void add(Problem problem) {
    if (!isFull()) problems.add(problem);
  }

  boolean isFull() {
    return problems.size() >= CatalogText.PROBLEMS_MAX;
  }

  int size() {
    return problems.size();
  }

  /** In the order of their place. */
  List<Problem> inOrder() {
    List<Problem> sorted = new ArrayList<>(problems);
    sorted.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
    return sorted;
  }
}
