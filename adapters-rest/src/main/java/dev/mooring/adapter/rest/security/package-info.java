/**
 * Who may call. Helidon Security asks one provider per kind of credential: our API keys, bearer
 * tokens of an OIDC issuer, and the cookies of a browser that signed in there. The {@link
 * dev.mooring.adapter.rest.security.SecurityGate} turns what they say into an admitted caller or an
 * error; what a provider describes in words never leaves it.
 */
@NullMarked
package dev.mooring.adapter.rest.security;

import org.jspecify.annotations.NullMarked;
