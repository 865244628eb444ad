"""The only place values come from: config/<stage>.toml, as frozen typed objects."""

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
