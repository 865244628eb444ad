"""The deployment of a stage: stacks in order, tags, and checks."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Annotations, App, Environment, Stack, Tags

from stacks.alarms_stack import AlarmsStack
from stacks.api_stack import ApiStack
from stacks.async_stack import AsyncStack
from stacks.batch_stack import BatchStack
from stacks.budget_stack import BudgetStack
from stacks.checks import add_checks
from stacks.ci_stack import CiStack
from stacks.config import STAGE_TAG, StageConfig
from stacks.constructs.function.engine_layer import EnginePackage
from stacks.registry_stack import RegistryStack
from stacks.retrieval_stack import RetrievalStack
from stacks.rollout_stack import RolloutStack
from stacks.serving_stack import ServingStack


def add_stacks(
    app: App,
    *,
    config: StageConfig,
    root: Path,
    package: Path,
    features: Path | None = None,
    engine: EnginePackage | None = None,
) -> None:
    """Add a stage's stacks to an app: one per life, and none for what config leaves out.

    Args:
        app: app that is synthesized.
        config: the stage.
        root: the project's root directory, where local artifacts lie.
        package: directory with the functions' code.
        features: zip with the features' code, for [retrieval].
        engine: what the streaming function runs, for [monolith].
    """
    env = Environment(account=config.project.account, region=config.project.region)
    serving = api = None
    if config.realtime is not None:
        name = config.stack_name("serving")
        serving = ServingStack(app, name, config=config, root=root, package=package, env=env)
    asynchronous, batch = _jobs(app, config, root, package, env)
    if config.api is not None:
        api = ApiStack(
            app,
            config.stack_name("api"),
            config=config,
            api=config.api,
            endpoint=serving.endpoint if serving else None,
            asynchronous=asynchronous,
            batch=batch,
            retrieval=_retrieval(app, config, features, env),
            package=package,
            engine=engine,
            root=root,
            env=env,
        )
    rollout = _add_lifecycle(app, config=config, package=package, env=env)
    if home := rollout or serving or api:
        _finish(app, config, home, env)


def _jobs(
    app: App, config: StageConfig, root: Path, package: Path, env: Environment
) -> tuple[AsyncStack | None, BatchStack | None]:
    """Add the stacks of work that nobody waits for, where the stage has any."""
    name = config.stack_name
    asynchronous = batch = None
    if config.asynchronous is not None:
        asynchronous = AsyncStack(
            app,
            name("async"),
            config=config,
            asynchronous=config.asynchronous,
            root=root,
            package=package,
            env=env,
        )
    if config.batch is not None:
        batch = BatchStack(
            app,
            name("batch"),
            config=config,
            batch=config.batch,
            root=root,
            package=package,
            env=env,
        )
    return asynchronous, batch


def _retrieval(
    app: App, config: StageConfig, features: Path | None, env: Environment
) -> RetrievalStack | None:
    if config.retrieval is None or features is None:
        return None
    return RetrievalStack(
        app,
        config.stack_name("retrieval"),
        config=config,
        retrieval=config.retrieval,
        package=features,
        env=env,
    )


def _add_account_stacks(app: App, config: StageConfig, env: Environment) -> None:
    """Add what stands beside the service: the workflow's roles, and the budget."""
    if config.ci is not None:
        CiStack(app, config.stack_name("ci"), config=config, ci=config.ci, env=env)
    if config.budget is not None:
        BudgetStack(
            app,
            config.stack_name("budget"),
            config=config,
            budget=config.budget,
            stage_tag=STAGE_TAG,
            env=env,
        )


def _finish(app: App, config: StageConfig, home: Stack, env: Environment) -> None:
    """Add notes, who hears of alarms, the tags (config's, and the stage's name), and the checks."""
    _add_account_stacks(app, config, env)
    for note in config.notes:
        Annotations.of(home).add_info(note)
    if config.alarms is not None:
        name = config.stack_name("alarms")
        AlarmsStack(app, name, config=config, alarms=config.alarms, env=env).hear(app)
    for key, value in {**config.project.tags, STAGE_TAG: config.endpoint_name}.items():
        Tags.of(app).add(key, value)
    add_checks(app)


def _add_lifecycle(
    app: App, *, config: StageConfig, package: Path, env: Environment
) -> RolloutStack | None:
    """Add the rollout of versions, deployed before all others, and the registry if it is here."""
    if not config.model.registry:
        return None
    rollout = RolloutStack(
        app, config.stack_name("rollout"), config=config, package=package, env=env
    )
    if config.model_registry.account is None:
        registry = RegistryStack(app, config.registry_stack, config=config, env=env)
        # Shared by all stages, so a tag that names one of them would go back and forth.
        for key, value in {**config.project.tags, STAGE_TAG: config.endpoint_name}.items():
            if value in (config.stage, config.endpoint_name):
                Tags.of(registry).remove(key)
    return rollout
