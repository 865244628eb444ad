"""The config of a stage: config/<stage>.toml as frozen typed objects, the source of all values.

docs/decisions/0014-credentials-stay-out-of-config.md
docs/decisions/0034-schedules-may-hold-in-any-order.md
"""

from __future__ import annotations

from stacks.config.api import ApiConfig, LimitsConfig
from stacks.config.asynchronous import AsyncConfig, WebhookConfig
from stacks.config.autoscaling import (
    AutoscalingConfig,
    InstanceScaleInConfig,
    ScalingScheduleConfig,
)
from stacks.config.batch import BatchConfig, ScheduleConfig
from stacks.config.cold_start import ColdStartConfig
from stacks.config.host import HostConfig
from stacks.config.loader import ConfigError, load_stage
from stacks.config.model import ModelConfig
from stacks.config.project import ProjectConfig
from stacks.config.realtime import DeploymentConfig, PrefixRoutingConfig, RealtimeConfig
from stacks.config.stage import StageConfig

__all__ = [
    "ApiConfig",
    "AsyncConfig",
    "AutoscalingConfig",
    "BatchConfig",
    "ColdStartConfig",
    "ConfigError",
    "DeploymentConfig",
    "HostConfig",
    "InstanceScaleInConfig",
    "LimitsConfig",
    "ModelConfig",
    "PrefixRoutingConfig",
    "ProjectConfig",
    "RealtimeConfig",
    "ScalingScheduleConfig",
    "ScheduleConfig",
    "StageConfig",
    "WebhookConfig",
    "load_stage",
]
