package dev.mooring.adapter.persistence;

import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.TokenBinding;

import java.util.Optional;

/** A {@link TokenBinding} in the two columns that attempts and grants share. */
final class BindingColumns {

    private BindingColumns() {}

    static void add(
            Columns columns, Optional<TokenBinding> binding, RowSecrets secrets, SealedColumn key) {
        secrets.seal(columns, key, binding.flatMap(TokenBinding::key));
        columns.with("dpop_required", binding.flatMap(BindingColumns::required));
    }

    private static Optional<Boolean> required(TokenBinding binding) {
        return switch (binding) {
            case TokenBinding.Unbound unbound -> Optional.empty();
            case TokenBinding.Offered offered -> Optional.of(false);
            case TokenBinding.Required required -> Optional.of(true);
        };
    }

    static TokenBinding read(Row row, RowSecrets secrets, SealedColumn key) {
        return secrets.open(row, key)
                .map(DpopKey::new)
                .<TokenBinding>map(opened ->
                        row.flag("dpop_required")
                                ? new TokenBinding.Required(opened)
                                : new TokenBinding.Offered(opened))
                .orElseGet(TokenBinding.Unbound::new);
    }
}
