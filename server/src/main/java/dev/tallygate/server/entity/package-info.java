/** {@code tallygate.v1.EntityService}: what is stored of subjects, devices and resources. */
@NullMarked
package dev.tallygate.server.entity;

import org.jspecify.annotations.NullMarked;
