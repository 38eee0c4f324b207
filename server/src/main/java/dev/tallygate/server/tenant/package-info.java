/** {@code tallygate.v1.TenantService}. */
@NullMarked
package dev.tallygate.server.tenant;

import org.jspecify.annotations.NullMarked;
