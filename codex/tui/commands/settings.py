"""The `/` commands that change the session's settings: the model, the approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from codex.protocol.ops import ListModels
from codex.protocol.policy import (
    APPROVAL_NAMES,
    DANGER_FULL_ACCESS,
    READ_ONLY,
    WORKSPACE_WRITE,
    AskForApproval,
    SandboxPolicy,
)
from codex.tui.conversation import with_model
from codex.tui.dialogs.picker import Picker, PickerRow

if TYPE_CHECKING:
    from codex.protocol.replies import ListModelsResponse
    from codex.tui.commands.context import CommandContext


class Preset(NamedTuple):
    """One choice of `/approvals`: an approval policy together with a sandbox policy."""

    name: str
    detail: str
    approval: AskForApproval
    sandbox: SandboxPolicy


PRESETS = (
    Preset(
        "ask",
        "commands that only read run without asking; asks before anything else",
        AskForApproval.UNTRUSTED,
        READ_ONLY,
    ),
    Preset(
        "edit",
        "may edit files in the workspace; asks before commands that do not just read",
        AskForApproval.AUTO_EDIT,
        WORKSPACE_WRITE,
    ),
    Preset(
        "auto",
        "runs commands in the workspace's sandbox; asks when something is blocked",
        AskForApproval.ON_FAILURE,
        WORKSPACE_WRITE,
    ),
    Preset(
        "full access",
        "no sandbox and no questions; use it only inside another sandbox",
        AskForApproval.NEVER,
        DANGER_FULL_ACCESS,
    ),
)


class SettingsCommands:
    """The `/` commands that change the session's settings."""

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._wants_models = False

    def model(self, args: str) -> None:
        """Use another model. Args: args: its name; empty: request the list to choose from."""
        if args:
            self._use_model(args)
            return
        self._wants_models = True
        self._context.say("asking the server for its models")
        self._context.conversation.send(ListModels())

    def models_listed(self, msg: ListModelsResponse) -> None:
        """Let the user choose from the provider's models, or say why there are none.

        Do nothing if `/model` has not asked for the list.
        """
        if not self._wants_models:
            return
        self._wants_models = False
        self._context.say("")
        if not msg.models:
            why = msg.error or "the server offers none"
            self._context.chat.notice(
                f"cannot list the models: {why}\n/model NAME accepts any name.", is_error=True
            )
            return
        current = self._context.conversation.config.model.model
        rows = [
            PickerRow(
                entry.id,
                f"{entry.context_window:,} tokens" if entry.context_window else "",
                is_current=entry.id == current,
            )
            for entry in msg.models
        ]

        def done(index: int | None) -> None:
            self._context.slot.dismiss()
            if index is not None:
                self._use_model(msg.models[index].id)

        self._context.slot.open(Picker("Which model?", rows, done))

    def _use_model(self, name: str) -> None:
        conversation = self._context.conversation
        conversation.configure(with_model(conversation.config, name))

    def approvals(self, args: str) -> None:
        """Change what runs without approval.

        Args: args: the name of an approval policy, which leaves the sandbox as it is; empty: let
            the user choose a Preset, which changes both.
        """
        config = self._context.conversation.config
        if args:
            self._use_approval(args)
            return

        def done(index: int | None) -> None:
            self._context.slot.dismiss()
            if index is not None:
                self._configure(PRESETS[index].approval, PRESETS[index].sandbox)

        now = (config.approval_policy, config.sandbox_policy)
        rows = [
            PickerRow(
                preset.name, preset.detail, is_current=(preset.approval, preset.sandbox) == now
            )
            for preset in PRESETS
        ]
        note = f"now: {config.approval_policy.value}"
        self._context.slot.open(Picker("What may run without approval?", rows, done, note=note))

    def _use_approval(self, name: str) -> None:
        if name in APPROVAL_NAMES:
            sandbox = self._context.conversation.config.sandbox_policy
            self._configure(APPROVAL_NAMES[name], sandbox)
            return
        known = ", ".join(APPROVAL_NAMES)
        self._context.chat.notice(f"/approvals {name}: expected one of {known}", is_error=True)

    def _configure(self, approval: AskForApproval, sandbox: SandboxPolicy) -> None:
        conversation = self._context.conversation
        conversation.configure(
            msgspec.structs.replace(
                conversation.config, approval_policy=approval, sandbox_policy=sandbox
            )
        )
