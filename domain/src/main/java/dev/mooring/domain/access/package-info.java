/** Who may call Mooring: roles in ascending power, and API keys of which only a digest is kept. */
@NullMarked
package dev.mooring.domain.access;

import org.jspecify.annotations.NullMarked;
