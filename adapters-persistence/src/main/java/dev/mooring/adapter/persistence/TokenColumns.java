package dev.mooring.adapter.persistence;

import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.RefreshToken;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;

import java.util.Optional;

/** A {@link TokenSet} in the five columns that grants and revocations share. */
final class TokenColumns {

    private TokenColumns() {}

    static void add(
            Columns columns,
            TokenSet tokens,
            RowSecrets secrets,
            SealedColumn accessToken,
            SealedColumn refreshToken) {
        secrets.seal(columns, accessToken, Optional.of(tokens.accessToken()));
        secrets.seal(columns, refreshToken, tokens.refreshToken());
        columns.with("token_type", StoredWord.of(tokens.type()))
                .with("expires_at", tokens.expiresAt())
                .with("scopes", tokens.scopes().parameter().orElse(""));
    }

    static TokenSet read(
            Row row, RowSecrets secrets, SealedColumn accessToken, SealedColumn refreshToken) {
        return new TokenSet(
                new AccessToken(secrets.open(row, accessToken).orElseThrow()),
                // An earlier version, which may run beside this one, knows bearer tokens only.
                row.optionalText("token_type")
                        .map(word -> StoredWord.parse(TokenType.class, word))
                        .orElse(TokenType.BEARER),
                secrets.open(row, refreshToken).map(RefreshToken::new),
                row.optionalTime("expires_at"),
                Scopes.parse(row.text("scopes")));
    }
}
