"""The config of a stage: config/<stage>.toml as frozen typed objects, the source of all values.

docs/decisions/0014-credentials-stay-out-of-config.md
docs/decisions/0034-schedules-may-hold-in-any-order.md
"""

from __future__ import annotations

from stacks.config.alarms import AlarmsConfig
from stacks.config.api import ApiConfig, LimitsConfig
from stacks.config.budget import BudgetConfig
from stacks.config.ci import CiConfig
from stacks.config.cold_start import ColdStartConfig
from stacks.config.lifecycle.registry import RegistryConfig
from stacks.config.lifecycle.rollout import RolloutConfig
from stacks.config.loader import ConfigError, load_stage
from stacks.config.model import ModelConfig
from stacks.config.monolith import MonolithConfig
from stacks.config.project import ProjectConfig
from stacks.config.retrieval import RetrievalConfig, StoreConfig
from stacks.config.sections import STACKS, STAGE_TAG
from stacks.config.serving.asynchronous import AsyncConfig, WebhookConfig
from stacks.config.serving.autoscaling import (
    AutoscalingConfig,
    InstanceScaleInConfig,
    ScalingScheduleConfig,
)
from stacks.config.serving.batch import BatchConfig, ScheduleConfig
from stacks.config.serving.host import HostConfig
from stacks.config.serving.realtime import DeploymentConfig, PrefixRoutingConfig, RealtimeConfig
from stacks.config.stage import StageConfig

__all__ = [
    "STACKS",
    "STAGE_TAG",
    "AlarmsConfig",
    "ApiConfig",
    "AsyncConfig",
    "AutoscalingConfig",
    "BatchConfig",
    "BudgetConfig",
    "CiConfig",
    "ColdStartConfig",
    "ConfigError",
    "DeploymentConfig",
    "HostConfig",
    "InstanceScaleInConfig",
    "LimitsConfig",
    "ModelConfig",
    "MonolithConfig",
    "PrefixRoutingConfig",
    "ProjectConfig",
    "RealtimeConfig",
    "RegistryConfig",
    "RetrievalConfig",
    "RolloutConfig",
    "ScalingScheduleConfig",
    "ScheduleConfig",
    "StageConfig",
    "StoreConfig",
    "WebhookConfig",
    "load_stage",
]
