package dev.mooring.adapter.persistence;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenSet;

import java.net.URI;
import java.util.Optional;

/** A row of {@code oauth_grant}; the lease on it is not part of the grant. */
record GrantRow(Grant grant) {

    static GrantRow read(Row row, SecretCipher cipher) {
        String id = row.text("id");
        return new GrantRow(
                new Grant(
                        new GrantId(id),
                        new ClientId(row.text("client_id")),
                        Math.toIntExact(row.number("ordinal")),
                        row.number("generation"),
                        new Issuer(row.text("issuer")),
                        new ResourceIdentifier(row.text("resource")),
                        new RegistrationId(row.text("registration_id")),
                        URI.create(row.text("token_endpoint")),
                        row.optionalText("revocation_endpoint").map(URI::create),
                        new TokenSet(
                                new AccessToken(
                                        cipher.open(
                                                row.bytes("access_token"),
                                                SealedColumn.GRANT_ACCESS_TOKEN.of(id))),
                                row.optionalBytes("refresh_token")
                                        .map(sealed ->
                                                cipher.open(
                                                        sealed,
                                                        SealedColumn.GRANT_REFRESH_TOKEN.of(id)))
                                        .map(RefreshToken::new),
                                row.optionalTime("expires_at"),
                                Scopes.parse(row.text("scopes"))),
                        row.optionalText("refresh_run")
                                .map(run ->
                                        new Grant.RefreshIntent(
                                                new RunId(run),
                                                row.text("refresh_sent_digest"),
                                                row.time("refresh_since"))),
                        row.time("issued_at")));
    }

    /** Every column but the lease. */
    Columns columns(SecretCipher cipher) {
        String id = grant.id().value();
        TokenSet tokens = grant.tokens();
        Optional<Grant.RefreshIntent> refresh = grant.refresh();
        return new Columns()
                .with("id", id)
                .with("client_id", grant.client().value())
                .with("ordinal", grant.ordinal())
                .with("generation", grant.generation())
                .with("issuer", grant.issuer().value())
                .with("resource", grant.resource().value())
                .with("registration_id", grant.registration().value())
                .with("token_endpoint", grant.tokenEndpoint().toString())
                .with("revocation_endpoint", grant.revocationEndpoint().map(URI::toString))
                .with(
                        "access_token",
                        cipher.seal(
                                tokens.accessToken().value(),
                                SealedColumn.GRANT_ACCESS_TOKEN.of(id)))
                .with(
                        "refresh_token",
                        tokens.refreshToken()
                                .map(token ->
                                        cipher.seal(
                                                token.value(),
                                                SealedColumn.GRANT_REFRESH_TOKEN.of(id))))
                .with("refresh_token_digest", tokens.refreshToken().map(RefreshToken::sha256))
                .with("expires_at", tokens.expiresAt())
                .with("scopes", tokens.scopes().parameter().orElse(""))
                .with("issued_at", grant.issuedAt())
                .with("refresh_run", refresh.map(r -> r.run().value()))
                .with("refresh_sent_digest", refresh.map(Grant.RefreshIntent::refreshTokenDigest))
                .with("refresh_since", refresh.map(Grant.RefreshIntent::since));
    }
}
