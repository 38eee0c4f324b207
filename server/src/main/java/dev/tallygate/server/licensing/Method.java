package dev.tallygate.server.licensing;

/** The calls of the service that go through the log. The number travels between nodes. */
enum Method {
  ALLOCATE(1, "Allocate"),
  RENEW(2, "Renew"),
  RELEASE(3, "Release"),
  COMMIT(4, "Commit"),
  CANCEL(5, "Cancel"),
  REVOKE(6, "Revoke"),
  SET_LIMIT(7, "SetLimit");

  private static final Method[] BY_NUMBER = byNumber();

  private final int number;
  private final String rpc;

  Method(int number, String rpc) {
    this.number = number;
    this.rpc = rpc;
  }

  int number() {
    return number;
  }

  String rpc() {
    return rpc;
  }

  /** The method of a number that a peer sent. */
  static Method of(int number) {
    if (number < 1 || number >= BY_NUMBER.length)
      throw new IllegalArgumentException("no call has number `" + number + "`");
    return BY_NUMBER[number];
  }

  private static Method[] byNumber() {
    Method[] all = new Method[values().length + 1];
    for (Method method : values()) all[method.number] = method;
    return all;
  }
}
