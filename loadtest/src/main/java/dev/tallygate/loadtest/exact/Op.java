package dev.tallygate.loadtest.exact;

/** What was called. */
public enum Op {
  ALLOCATE,
  HOLD,
  RENEW,
  RELEASE,
  COMMIT,
  CANCEL;

  boolean takes() {
    return this == ALLOCATE || this == HOLD;
  }

  boolean givesBack() {
    return this == RELEASE || settles();
  }

  boolean settles() {
    return this == COMMIT || this == CANCEL;
  }
}
