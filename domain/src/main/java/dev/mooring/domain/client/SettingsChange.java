package dev.mooring.domain.client;

import dev.mooring.domain.InvalidValueException;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;

/** What an operator changes about a client, and what follows from that for what it holds. */
public record SettingsChange(ClientSettings before, ClientSettings after) {
    /** Whether the grant is useless afterwards: it is for another server, or under other terms. */
    public boolean endsGrant() {
        boolean anotherServer = !after.connection().server().equals(before.connection().server());
        return after.oauth().isPresent()
                && (anotherServer
                        || before.oauth().isEmpty()
                        || ofOAuth(OAuthSettings::needsNewGrantAfter));
    }

    /**
     * Whether an open link is useless afterwards. What matters to the connection or the tools alone
     * leaves it alone.
     */
    public boolean endsLinks() {
        return endsGrant() || ofOAuth(OAuthSettings::needsNewLinkAfter);
    }

    /** Whether the live connection must be made anew. */
    public boolean endsConnection() {
        return !after.connection().equals(before.connection());
    }

    /** Whether the server is asked by another right, or that is obtained otherwise. */
    public boolean affectsAuth() {
        return !after.auth().equals(before.auth());
    }

    /**
     * Whether the client id and secret may be for another issuer afterwards: the operator says so,
     * or leaves it to another server to name one.
     */
    public boolean mayBeForOtherIssuer() {
        return ofOAuth((is, was) ->
                is.sendsElsewhereThan(was, OAuthSecret.CLIENT_SECRET)
                        || (moves() && !is.namesIssuer()));
    }

    /** Whether the secret or the way it is shown is another one. */
    public boolean affectsCredentials() {
        return ofOAuth(OAuthSettings::changesCredentialsOf);
    }

    /**
     * Whoever can change where a stored secret is sent must not learn it that way: it is asked for
     * again.
     *
     * @param given the secrets that are entered anew
     * @param headersGiven whether all header values are
     * @throws InvalidValueException naming what must be entered again
     */
    public void requireSecrets(Set<OAuthSecret> given, boolean headersGiven) {
        InvalidValueException.require(
                !moves()
                        || headersGiven
                        || after.connection().headers().isEmpty()
                        || before.connection().headers().isEmpty(),
                "headers",
                "must be given again when the server changes");
        oauth(after)
                .ifPresent(is -> oauth(before).ifPresent(was -> requireSecrets(was, is, given)));
    }

    private void requireSecrets(OAuthSettings was, OAuthSettings is, Set<OAuthSecret> given) {
        // Without an issuer of the operator's, it is the server that names who gets the secret.
        boolean newServerDecides = moves() && is.issuer().isEmpty();
        Set<OAuthSecret> kept = is.secrets();
        kept.retainAll(was.secrets());
        kept.removeAll(given);
        for (OAuthSecret secret : kept) {
            InvalidValueException.require(
                    !newServerDecides && !is.sendsElsewhereThan(was, secret),
                    secret.field(),
                    "must be given again when server, endpoints, issuer or client id change");
        }
    }

    /**
     * The fields of the HTTP contract that differ, for the audit trail: only their names, as the
     * values may be secrets.
     */
    public List<String> fields() {
        return ChangedFields.between(before, after);
    }

    private boolean moves() {
        return !after.connection().sameOriginAs(before.connection());
    }

    private boolean ofOAuth(BiPredicate<OAuthSettings, OAuthSettings> isFromWas) {
        return oauth(after)
                .flatMap(is -> oauth(before).map(was -> isFromWas.test(is, was)))
                .orElse(false);
    }

    private static Optional<OAuthSettings> oauth(ClientSettings settings) {
        return settings.oauth().map(ClientAuth.OAuth::settings);
    }
}
