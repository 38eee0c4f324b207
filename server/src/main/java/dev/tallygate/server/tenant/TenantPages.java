package dev.tallygate.server.tenant;

import dev.tallygate.proto.v1.ListTenantsRequest;
import dev.tallygate.proto.v1.ListTenantsResponse;
import dev.tallygate.raft.state.TenantView;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.call.BadCall;
import dev.tallygate.server.licensing.ClusterIds;
import java.util.Collection;
import java.util.TreeMap;

/** List: tenants by name, then number, of this node's own state. */
final class TenantPages {
  private static final int SIZE_DEFAULT = 100;
  private static final int SIZE_MAX = 1_000;
  private static final int TOKEN_BYTES_MAX = 1_024;

  private final View view;
  private final ClusterIds ids;

  /** Where a page begins: behind this tenant. */
  private record Place(String name, int number) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int order = name.compareTo(other.name);
      return order != 0 ? order : Integer.compare(number, other.number);
    }
  }

  TenantPages(View view, ClusterIds ids) {
    this.view = view;
    this.ids = ids;
  }

  ListTenantsResponse read(ListTenantsRequest request) throws BadCall {
    if (request.getPageSize() < 0)
      throw new BadTenant(
          "page_size", "is `" + request.getPageSize() + "`, allowed are 0 and more");
    int size = request.getPageSize() == 0 ? SIZE_DEFAULT : request.getPageSize();
    TreeMap<Place, TenantView> all = all();
    Collection<TenantView> rest =
        request.getPageToken().isEmpty()
            ? all.values()
            : all.tailMap(place(request.getPageToken()), false).values();
    ListTenantsResponse.Builder page = ListTenantsResponse.newBuilder();
    TenantView last = null;
    for (TenantView tenant : rest) {
      if (last != null && page.getTenantsCount() >= Math.min(size, SIZE_MAX))
        return page.setNextPageToken(token(last)).build();
      page.addTenants(TenantMessages.of(tenant));
      last = tenant;
    }
    return page.build();
  }

  private TreeMap<Place, TenantView> all() {
    TreeMap<Place, TenantView> all = new TreeMap<>();
    for (TenantView tenant : view.tenants().values())
      all.put(new Place(tenant.name(), tenant.number()), tenant);
    for (TenantView tenant : view.endingTenants())
      all.put(new Place(tenant.name(), tenant.number()), tenant);
    return all;
  }

  private String token(TenantView last) {
    return ids.format(last.number()) + "." + last.name();
  }

  private Place place(String token) throws BadCall {
    BadTenant.bytes("page_token", token, 1, TOKEN_BYTES_MAX);
    int dot = token.indexOf('.');
    if (dot < 0) throw new BadTenant("page_token", "was altered");
    long number = ids.read("page_token", token.substring(0, dot));
    if (number < 1 || number > Integer.MAX_VALUE) throw new BadTenant("page_token", "was altered");
    return new Place(token.substring(dot + 1), (int) number);
  }
}
