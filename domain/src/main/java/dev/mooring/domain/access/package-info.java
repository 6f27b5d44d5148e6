/**
 * Who may call Mooring, and what: roles made of permissions, callers, and API keys of which only a
 * digest is kept.
 */
@NullMarked
package dev.mooring.domain.access;

import org.jspecify.annotations.NullMarked;
