"""The only place values come from: config/<stage>.toml, as frozen typed objects."""

from stacks.config.api import ApiConfig
from stacks.config.asynchronous import AsyncConfig, WebhookConfig
from stacks.config.batch import BatchConfig, ScheduleConfig
from stacks.config.host import HostConfig
from stacks.config.loader import ConfigError, load_stage
from stacks.config.model import ModelConfig
from stacks.config.project import ProjectConfig
from stacks.config.realtime import AutoscalingConfig, DeploymentConfig, RealtimeConfig
from stacks.config.stage import StageConfig

__all__ = [
    "ApiConfig",
    "AsyncConfig",
    "AutoscalingConfig",
    "BatchConfig",
    "ConfigError",
    "DeploymentConfig",
    "HostConfig",
    "ModelConfig",
    "ProjectConfig",
    "RealtimeConfig",
    "ScheduleConfig",
    "StageConfig",
    "WebhookConfig",
    "load_stage",
]
