package dev.tallygate.rules.planted.upper;

import dev.tallygate.rules.planted.lower.UsedAbove;

/** Imports the lower package, which the arrows of the test forbid. */
final class User {
  Object use() {
    return new UsedAbove();
  }
}
