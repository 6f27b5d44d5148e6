/** Talks to authorization servers: discovery, client registration, the token endpoint. */
@NullMarked
package dev.mooring.adapter.oauth;

import org.jspecify.annotations.NullMarked;
