package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.Revocation;

/** A revocation endpoint by script. Usually it ends the tokens of its token endpoint. */
public final class ScriptedRevocationEndpoint implements RevocationEndpoint {
    private final Script<Revocation, Answer> revocations;

    public ScriptedRevocationEndpoint(ScriptedTokenEndpoint tokenEndpoint) {
        this.revocations =
                new Script<>(revocation -> {
                    tokenEndpoint.end(revocation.tokens());
                    return new Answer.Revoked();
                });
    }

    public Script<Revocation, Answer> revocations() {
        return revocations;
    }

    @Override
    public Answer revoke(Revocation revocation, Budget budget) {
        return revocations.answer(revocation);
    }
}
