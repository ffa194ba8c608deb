import { Module, type DynamicModule } from '@nestjs/common';

@Module({})
class StandaloneModule {}

/** The apps' own modules, side by side. */
export function standaloneModule(imports: DynamicModule[]): DynamicModule {
  return { module: StandaloneModule, imports };
}
